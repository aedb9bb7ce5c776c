# The same commands, for those who like make.
.PHONY: brief check pictures train
brief:
	python3 .ci/project.py brief
check:
	python3 .ci/project.py check
pictures:
	python3 .ci/project.py pictures
train:
	python3 .ci/project.py train
