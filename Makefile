# The same two commands, for those who like make.
.PHONY: brief check
brief:
	python3 .ci/project.py brief
check:
	python3 .ci/project.py check
