package intoto

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/manifestgen/manifestgen/sbom"
)

func manifest() *sbom.Manifest {
	zeros := strings.Repeat("0", 64)
	return &sbom.Manifest{Principal: &sbom.Principal{
		Component: sbom.Component{
			Name: "nova", PURL: "pkg:golang/example.org/nova@v1.2.3", Built: time.Unix(1700000000, 0),
			Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: zeros}, {Algorithm: "Streebog-256", Value: zeros}},
		},
		FileName: "nova.tar", Repository: "https://example.org/git/nova", Commit: strings.Repeat("1", 40), Tag: "v1.2.3", Toolchain: "go1.26",
		Settings: []sbom.Property{{Name: "build.command", Value: "make"}, {Name: "build.environment", Value: "CC GOFLAGS"},
			{Name: "build.builder", Value: "https://ci.example.org"}, {Name: "-trimpath", Value: "true"}},
		Inputs: []sbom.Input{{Name: "go.mod", URL: "git+https://example.org/git/nova@1#go.mod", Digests: []sbom.Digest{{Algorithm: "SHA-256", Value: zeros}}}},
	}}
}

const wantProvenance = `{
  "_type": "https://in-toto.io/Statement/v1",
  "subject": [
    {
      "name": "nova.tar",
      "digest": {
        "sha256": "0000000000000000000000000000000000000000000000000000000000000000"
      }
    }
  ],
  "predicateType": "https://slsa.dev/provenance/v1",
  "predicate": {
    "buildDefinition": {
      "buildType": "https://github.com/manifestgen/manifestgen/buildtypes/described@v1",
      "externalParameters": {
        "repository": "https://example.org/git/nova",
        "ref": "refs/tags/v1.2.3",
        "command": "make"
      },
      "internalParameters": {
        "toolchain": "go1.26",
        "environment": [
          "CC",
          "GOFLAGS"
        ],
        "settings": {
          "-trimpath": "true"
        }
      },
      "resolvedDependencies": [
        {
          "name": "source",
          "uri": "git+https://example.org/git/nova@1111111111111111111111111111111111111111",
          "digest": {
            "gitCommit": "1111111111111111111111111111111111111111"
          }
        },
        {
          "name": "go.mod",
          "uri": "git+https://example.org/git/nova@1#go.mod",
          "digest": {
            "sha256": "0000000000000000000000000000000000000000000000000000000000000000"
          }
        }
      ]
    },
    "runDetails": {
      "builder": {
        "id": "https://ci.example.org"
      },
      "metadata": {
        "finishedOn": "2023-11-14T22:13:20Z"
      }
    }
  }
}
`

func TestEncodeProvenance(t *testing.T) {
	var b bytes.Buffer
	if err := EncodeProvenance(&b, manifest()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantProvenance, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestEncodeLittle holds that nothing is made up: no builder, no date, no source.
func TestEncodeLittle(t *testing.T) {
	m := manifest()
	m.Principal = &sbom.Principal{Component: sbom.Component{Name: "x", Digests: m.Principal.Digests}}
	var b bytes.Buffer
	if err := EncodeProvenance(&b, m); err != nil {
		t.Fatal(err)
	}
	for _, absent := range []string{"finishedOn", "resolvedDependencies", "repository", "internalParameters"} {
		if strings.Contains(b.String(), absent) {
			t.Errorf("%s in %s", absent, &b)
		}
	}
	if !strings.Contains(b.String(), UnknownBuilder) || !strings.Contains(b.String(), `"name": "x"`) {
		t.Error(b.String())
	}
}

func TestEncodeRelease(t *testing.T) {
	var b bytes.Buffer
	if err := EncodeRelease(&b, manifest()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"predicateType": "https://in-toto.io/attestation/release/v0.1"`, `"purl": "pkg:golang/example.org/nova@v1.2.3"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %s in %s", want, &b)
		}
	}
	m := manifest()
	m.Principal.PURL = "pkg:golang/example.org/nova"
	if err := EncodeRelease(&b, m); err == nil {
		t.Error("a release without a version")
	}
}

func TestEncodeWithoutDigest(t *testing.T) {
	m := manifest()
	m.Principal.Digests = nil
	for _, encode := range []func() error{
		func() error { return EncodeProvenance(&bytes.Buffer{}, m) },
		func() error { return EncodeRelease(&bytes.Buffer{}, m) },
	} {
		if err := encode(); err == nil || !strings.Contains(err.Error(), "needs a digest") {
			t.Errorf("error %v", err)
		}
	}
}
