# The same commands, for those who like make.
.PHONY: brief check docs pictures train faults sbom audit advisories container-check design
brief check docs pictures train faults sbom:
	python3 .ci/project.py $@
audit:
	python3 .ci/supply.py audit
advisories:
	python3 .ci/supply.py refresh
container-check:
	python3 packaging/container_check.py
design:
	python3 .ci/design.py
