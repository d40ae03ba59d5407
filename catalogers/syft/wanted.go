package syft

// asksOnly are the catalogers of syft that read files that say what is asked for,
// not what is there: lock files, and what projects declare.
var asksOnly = map[string]bool{
	"cocoapods-cataloger":                    true,
	"conan-cataloger":                        true,
	"dart-pubspec-lock-cataloger":            true,
	"dotnet-packages-lock-cataloger":         true,
	"elixir-mix-lock-cataloger":              true,
	"erlang-rebar-lock-cataloger":            true,
	"github-action-workflow-usage-cataloger": true,
	"github-actions-usage-cataloger":         true,
	"go-module-file-cataloger":               true,
	"haskell-cataloger":                      true,
	"java-gradle-lockfile-cataloger":         true,
	"java-pom-cataloger":                     true,
	"javascript-lock-cataloger":              true,
	"opam-cataloger":                         true,
	"php-composer-lock-cataloger":            true,
	"python-package-cataloger":               true,
	"ruby-gemfile-cataloger":                 true,
	"rust-cargo-lock-cataloger":              true,
	"swift-package-manager-cataloger":        true,
	"terraform-lock-cataloger":               true,
	"vcpkg-manifest-cataloger":               true,
}
