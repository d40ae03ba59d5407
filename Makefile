# make test      all tests of all modules
# make race      what starts goroutines, and its users, under the race detector,
#                without the long tests
# make fuzz      every fuzz target for FUZZTIME
# make bench     benchmarks, as ratios to what the machine allows
# make lint      gofmt, vet, staticcheck, tidy
# make schemas   fetch the official schemas that format tests validate against
# make sarif     fetch the validator that reports of checks are read by
# make update    rewrite the checked-in list of modules that importers get

GO       ?= go
FUZZTIME ?= 10s
SCHEMAS  ?= $(CURDIR)/build/schemas
export GOWORK = off
export MANIFESTGEN_SCHEMAS ?= $(SCHEMAS)
export MANIFESTGEN_SARIF ?= $(CURDIR)/build/sarif/package/Sarif.Multitool

# Every folder with a go.mod is a module; the tools have no tests.
MODULES = $(sort $(patsubst %/go.mod,%,$(shell find . -name go.mod -not -path './.ci/*' -not -path '*/testdata/*' -not -path './build/*')))

.PHONY: test race fuzz bench lint schemas sarif update clean

test:
	@set -e; for m in $(MODULES); do echo "== $$m"; (cd $$m && $(GO) test ./...); done

race:
	$(GO) test -race -short ./sbom/... ./catalogers/plugin ./cmd/...

fuzz:
	.ci/fuzz $(FUZZTIME)

bench:
	$(GO) test -run '^$$' -bench . ./cmd/manifestgen/command ./sbom/artifact/... ./formats ./catalogers/...

lint:
	.ci/lint

schemas:
	.ci/schemas $(SCHEMAS)

sarif:
	.ci/sarif build/sarif

update:
	$(GO) test ./cmd/manifestgen/command -run TestImports -update

clean:
	rm -rf build
