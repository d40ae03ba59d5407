package rpm

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmfile"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/sbom"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// control returns what stands before the payload of a .rpm file.
func control(t *testing.T, path string) string {
	t.Helper()
	b := readFile(t, path)
	f, err := rpmfile.Read(strings.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return b[:f.Payload]
}

// scanPackage scans a .rpm file with the given control data.
func scanPackage(t *testing.T, control string) *sbom.Inventory {
	t.Helper()
	a := &sbom.Artifact{Name: "x.rpm", Type: sbom.TypeFile, Format: "rpm",
		Trees: []sbom.Tree{sbomtest.Tree{Container: "rpm", Files: map[string]string{headerFile: control}}}}
	return sbomtest.Scan(t, a, Cataloger{})
}

// TestPackageFile compares .rpm files, source packages too, with what rpm prints
// of them.
func TestPackageFile(t *testing.T) {
	home := gpg(t)
	sign := rpmtest.Tool(t, "rpmsign", "rpm")
	for _, spec := range specs {
		for _, path := range rpmtest.Build(t, spec) {
			rpmtest.Run(t, sign, "--define", "_gpg_name Example Signer", "--define", "_gpg_path "+home, "--define", "__gpg "+rpmtest.Tool(t, "gpg", "gnupg"), "--addsign", path)
			line := string(rpmtest.Run(t, "rpm", "--nosignature", "-qp", "--qf", query+"\n%{RSAHEADER:pgpsig}", path))
			line, signature, _ := strings.Cut(line, "\n")
			inv := scanPackage(t, control(t, path))
			if len(inv.Components) != 1 || len(inv.Findings) > 0 {
				t.Fatalf("%s: packages %q, findings %q", path, names(inv), findings(inv))
			}
			c := inv.Components[0]
			if strings.HasSuffix(path, ".src.rpm") {
				c.Architecture = strings.Split(line, "|")[2] // rpm prints that of the machine
				if !strings.Contains(c.PURL, "arch=src") {
					t.Errorf("%s: %s", path, c.PURL)
				}
			}
			if got, want := fields(c), wantFields(line); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
			}
			if key := property(c, "signature-key"); key == "" || !strings.HasSuffix(signature, "Key ID "+key) {
				t.Errorf("%s: key %q, but rpm says %s", path, key, signature)
			}
		}
	}
}

func TestPackagePrincipal(t *testing.T) {
	for _, path := range rpmtest.Build(t, specs[0]) {
		if strings.HasSuffix(path, ".src.rpm") {
			continue
		}
		m, err := sbom.Assemble(scanPackage(t, control(t, path)), sbom.Options{})
		if err != nil {
			t.Fatal(err)
		}
		p := m.Principal
		got := []string{p.Name, p.Version, p.Architecture, p.Repository, p.Commit, p.Maker.Name, p.Inputs[0].Name, p.Built.String()}
		want := []string{"full", "2:1.0-3.el8", "x86_64", "https://example.org/full.git", "0123456789012345678901234567890123456789",
			"Example Distribution", "full-1.0-3.el8.src.rpm", "2023-11-14 22:13:20 +0000 UTC"}
		if want[2] = strings.TrimSpace(string(rpmtest.Run(t, "rpm", "--eval", "%{_arch}"))); !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPackageFileDamaged(t *testing.T) {
	b := []byte(control(t, rpmtest.Build(t, specs[1])[0]))
	for _, tt := range []struct {
		name   string
		damage func([]byte) []byte
		want   int // packages
	}{
		{"cut", func(b []byte) []byte { return b[:len(b)-1] }, 0},
		{"no magic", func(b []byte) []byte { b[0] = 0; return b }, 0},
		{"wrong digest", func(b []byte) []byte { b[bytes.LastIndex(b, []byte("Bare"))] = 'b'; return b }, 1},
	} {
		inv := scanPackage(t, string(tt.damage(bytes.Clone(b))))
		if len(inv.Components) != tt.want || !slices.Equal(findings(inv), []string{"gap rpm.file " + headerFile}) {
			t.Errorf("%s: packages %q, findings %q", tt.name, names(inv), findings(inv))
		}
	}
}

// TestSignatureKey reads signatures in all places and forms.
func TestSignatureKey(t *testing.T) {
	subpackets := []byte{0, 6, 5, 2, 1, 2, 3, 4} // the time
	issuerID := append([]byte{0, 10, 9, 16}, "\x01\x23\x45\x67\x89\xab\xcd\xef"...)
	fingerprint := append([]byte{0, 23, 22, 33, 4}, "............\x01\x23\x45\x67\x89\xab\xcd\xef"...)
	v4 := func(hashed, unhashed []byte) []byte {
		return slices.Concat([]byte{4, 0, 1, 8}, hashed, unhashed, []byte{0xab, 0xcd})
	}
	v3 := append([]byte{3, 5, 0, 1, 2, 3, 4}, "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x08"...)
	old := func(body []byte) []byte { return append([]byte{0x89, 0, byte(len(body))}, body...) }
	modern := func(body []byte) []byte { return append([]byte{0xc2, byte(len(body))}, body...) }
	const want = "0123456789abcdef"
	for _, tt := range []struct {
		name   string
		packet []byte
		want   string
	}{
		{"version 3", old(v3), want},
		{"issuer", old(v4(subpackets, issuerID)), want},
		{"fingerprint", modern(v4(fingerprint, []byte{0, 0})), want},
		{"neither", modern(v4(subpackets, []byte{0, 0})), ""},
		{"another packet", append([]byte{0x99, 0, byte(len(v3))}, v3...), ""},
		{"no packet", []byte("text, not a packet"), ""},
		{"too long", append([]byte{0xc2, 0xff, 0xff, 0xff, 0xff, 0xff}, v3...), want},
	} {
		h, err := header.Parse(rpmtest.Header(rpmtest.Tags{header.RSAHeader: tt.packet}))
		if err != nil {
			t.Fatal(err)
		}
		if got := signatureKey(h); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		for n := range tt.packet {
			issuer(tt.packet[:n])
		}
	}
	h, err := header.Parse(rpmtest.Header(rpmtest.Tags{header.OpenPGP: []string{"iQ=="}}))
	if err != nil || signatureKey(h) != "" {
		t.Errorf("broken base64: %q, %v", signatureKey(h), err)
	}
}
