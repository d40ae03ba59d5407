module github.com/manifestgen/manifestgen/catalogers/rpm/internal/oracle

go 1.26.0

require github.com/manifestgen/manifestgen v0.0.0

require (
	github.com/anchore/go-rpmdb v0.2.2
	github.com/github/go-spdx/v2 v2.7.0 // indirect
	github.com/package-url/packageurl-go v0.1.7 // indirect
)

replace github.com/manifestgen/manifestgen => ../../../..
