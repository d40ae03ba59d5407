package syft

import (
	"testing"

	"github.com/anchore/syft/syft/license"
	"github.com/anchore/syft/syft/pkg"
	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
)

func TestLicences(t *testing.T) {
	tests := []struct {
		name                string
		in                  []pkg.License
		declared, concluded string
		texts               []sbom.LicenseText
	}{
		{name: "none"},
		{name: "one", in: []pkg.License{{SPDXExpression: "MIT OR Apache-2.0", Value: "mit/apache", Type: license.Declared}}, declared: "MIT OR Apache-2.0"},
		{name: "several hold", in: []pkg.License{{SPDXExpression: "MIT OR Apache-2.0", Type: license.Declared}, {SPDXExpression: "ISC", Type: license.Declared}, {SPDXExpression: "ISC", Type: license.Declared}},
			declared: "ISC AND (MIT OR Apache-2.0)"},
		{name: "by whom", in: []pkg.License{{SPDXExpression: "MIT", Type: license.Declared}, {SPDXExpression: "ISC", Type: license.Concluded}}, declared: "MIT", concluded: "ISC"},
		{name: "a name", in: []pkg.License{{Value: "Our Licence", Type: license.Declared}}, declared: "LicenseRef-text-f6d5cb1ebe40ae93",
			texts: []sbom.LicenseText{{ID: "LicenseRef-text-f6d5cb1ebe40ae93", Text: "Our Licence"}}},
		{name: "a text of that name", in: []pkg.License{{Value: "Ours", Contents: "Our Licence", Type: license.Declared}}, declared: "LicenseRef-text-f6d5cb1ebe40ae93",
			texts: []sbom.LicenseText{{ID: "LicenseRef-text-f6d5cb1ebe40ae93", Name: "Ours", Text: "Our Licence"}}},
		{name: "a name and a text", in: []pkg.License{{Value: "Our Licence", Type: license.Declared}, {Value: "Ours", Contents: "Our Licence", Type: license.Declared}},
			declared: "LicenseRef-text-f6d5cb1ebe40ae93", texts: []sbom.LicenseText{{ID: "LicenseRef-text-f6d5cb1ebe40ae93", Text: "Our Licence"}}},
		{name: "the digest of a text", in: []pkg.License{{Value: "sha256:00", Type: license.Concluded}}},
		{name: "an address", in: []pkg.License{{URLs: []string{"https://example.org"}, Type: license.Declared}}, declared: "LicenseRef-text-50d7a905e3046b88",
			texts: []sbom.LicenseText{{ID: "LicenseRef-text-50d7a905e3046b88", Text: "https://example.org"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			declared, concluded, texts := licences(tt.in)
			if declared != tt.declared || concluded != tt.concluded {
				t.Errorf("got %q and %q, want %q and %q", declared, concluded, tt.declared, tt.concluded)
			}
			if diff := cmp.Diff(tt.texts, texts); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
