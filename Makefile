# The same commands, for those who like make.
.PHONY: brief check train
brief:
	python3 .ci/project.py brief
check:
	python3 .ci/project.py check
train:
	python3 .ci/project.py train
