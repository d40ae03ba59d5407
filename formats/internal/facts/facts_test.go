package facts

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/manifestgen/manifestgen/sbom"
)

// TestTablesAreWhole sets each field of the model alone and checks that it would
// be written, and comes back.
func TestTablesAreWhole(t *testing.T) {
	whole(t, sbom.Component{}, Component, "Joints")
	whole(t, sbom.Principal{}, Principal, "Component", "Evidence")
	whole(t, sbom.Manifest{}, Document, "Principal", "Components", "Edges", "Findings")
}

func whole[T any](t *testing.T, zero T, table Table[T], except ...string) {
	typ := reflect.TypeOf(zero)
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		if strings.Contains(" "+strings.Join(except, " ")+" ", " "+name+" ") {
			continue
		}
		x, back := zero, zero
		set(reflect.ValueOf(&x).Elem().Field(i))
		missing := table.Missing(&x, &back)
		if len(missing) == 0 {
			t.Errorf("%s.%s has no property", typ.Name(), name)
		}
		if rest := table.Apply(&back, missing); rest != nil || len(table.Missing(&x, &back)) > 0 {
			t.Errorf("%s.%s: %v comes back as %+v", typ.Name(), name, missing, back)
		}
	}
}

// set makes v, and all that is in it, something else than zero.
func set(v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.Date(2026, 11, 20, 1, 2, 3, 4, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("a \"b\" \u00e9")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(7)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		set(v.Index(0))
	case reflect.Struct:
		for i := range v.NumField() {
			set(v.Field(i))
		}
	}
}

// TestMissingSeesEveryDifference changes one field deep inside each list.
func TestMissingSeesEveryDifference(t *testing.T) {
	var p sbom.Principal
	p.Links, p.Inputs, p.Maker = []sbom.Link{{}}, []sbom.Input{{}}, sbom.Party{Contacts: []sbom.Contact{{}}}
	for _, at := range []func(*sbom.Principal) any{
		func(p *sbom.Principal) any { return &p.Links[0] },
		func(p *sbom.Principal) any { return &p.Inputs[0] },
		func(p *sbom.Principal) any { return &p.Maker },
		func(p *sbom.Principal) any { return &p.Signature },
	} {
		n := reflect.ValueOf(at(&p)).Elem().NumField()
		for i := range n {
			var x sbom.Principal
			b, _ := json.Marshal(p)
			if err := json.Unmarshal(b, &x); err != nil {
				t.Fatal(err)
			}
			field := reflect.ValueOf(at(&x)).Elem().Field(i)
			set(field)
			if len(MissingFromPrincipal(&x, &p)) != 1 {
				t.Errorf("a difference in field %d of %T is not seen", i, at(&p))
			}
		}
	}
}

func TestApplyKeepsWhatItCannotRead(t *testing.T) {
	var c sbom.Component
	ApplyToComponent(&c, []sbom.Property{
		{Name: "manifestgen:wanted", Value: "perhaps"}, {Name: "manifestgen:os", Value: "linux"}, {Name: "manifestgen:os", Value: "plan9"}, {Name: "x", Value: "y"},
	})
	want := []sbom.Property{{Name: "manifestgen:wanted", Value: "perhaps"}, {Name: "manifestgen:os", Value: "plan9"}, {Name: "x", Value: "y"}}
	if c.OS != "linux" || !reflect.DeepEqual(c.Properties, want) {
		t.Errorf("OS %q, properties %v, want linux and %v", c.OS, c.Properties, want)
	}
}

func TestCanonical(t *testing.T) {
	in := "é\U0001f600\u2028<&>\"\\\x00\xff\ufffd\x7f"
	got := string(Canonical(in))
	if want := `"\u00e9\ud83d\ude00\u2028\u003c\u0026\u003e\"\\\u0000\ufffd\ufffd\u007f"`; got != want {
		t.Errorf("Canonical(%q) = %s, want %s", in, got, want)
	}
	var back string
	if err := json.Unmarshal([]byte(got), &back); err != nil || back != strings.ToValidUTF8(in, "\ufffd") {
		t.Errorf("%s is read as %q, %v", got, back, err)
	}
}

func TestRecord(t *testing.T) {
	p := &sbom.Principal{Component: sbom.Component{Ref: "a", Name: "a"}, Evidence: []sbom.Evidence{{Field: "name", Value: "a"}}}
	native := *p
	native.Evidence = nil
	text, err := SealRecord(p, &native)
	if err != nil {
		t.Fatal(err)
	}
	other := native
	other.Tag = "v1"
	tests := []struct {
		name    string
		records []string
		native  sbom.Principal
		want    *sbom.Principal
		finding bool
	}{
		{"fits", []string{text}, native, p, false},
		{"none", nil, native, &native, false},
		{"edited", []string{text}, other, &other, true},
		{"two", []string{text, text}, native, &native, true},
		{"not JSON", []string{RecordMark + "{"}, native, &native, true},
		{"null", []string{RecordMark + "null"}, native, &native, true},
		{"another version", []string{"manifestgen/2 {}"}, native, &native, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, findings := Settle(tt.records, &tt.native)
			if !reflect.DeepEqual(got, tt.want) || (len(findings) > 0) != tt.finding {
				t.Errorf("Settle = %+v, %v, want %+v", got, findings, tt.want)
			}
		})
	}
}

func TestIsReference(t *testing.T) {
	tests := map[string]bool{
		"https://example.org/a?b=c#d": true, "git+https://example.org/x": true, "relative/path": true, "mailto:a@example.org": true,
		"": false, "a b": false, "a\nb": false, "http://[::1": false, "%zz": false, `\`: false, "<a>": false, "\u202e": false, "\xff": false,
	}
	for in, want := range tests {
		if got := IsReference(in); got != want {
			t.Errorf("IsReference(%q) = %v", in, got)
		}
	}
}

func TestIsEmail(t *testing.T) {
	tests := map[string]bool{
		"a@example.org": true, "a.b+c@example.co.uk": true,
		"": false, "a": false, "a@b": false, "a b@example.org": false, "A <a@example.org>": false, "a@-x.org": false, strings.Repeat("a", 65) + "@example.org": false,
	}
	for in, want := range tests {
		if got := IsEmail(in); got != want {
			t.Errorf("IsEmail(%q) = %v", in, got)
		}
	}
}

// TestOrderDropsImplied compares the edges that Order leaves out with what
// Implied says of each.
func TestOrderDropsImplied(t *testing.T) {
	m := &sbom.Manifest{Principal: &sbom.Principal{Component: sbom.Component{Ref: "m"}}}
	for _, ref := range []string{"z", "wanted", "m2", "inside", "a"} {
		m.Components = append(m.Components, &sbom.Component{Ref: ref, Wanted: ref == "wanted"})
		m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.Contains, From: "m", To: ref}, sbom.Edge{Kind: sbom.DependsOn, From: "m", To: ref})
	}
	m.Edges = append(m.Edges, sbom.Edge{Kind: sbom.Contains, From: "z", To: "inside"}, sbom.Edge{Kind: sbom.Contains, From: "m", To: "m"}, sbom.Edge{Kind: sbom.Contains, From: "m", To: "gone"})
	implied := Implied(m)
	kept := map[sbom.Edge]bool{}
	for _, e := range Order(m).Edges {
		kept[e] = true
	}
	for _, e := range m.Edges {
		if want := e.Kind != sbom.Contains || e.From != "m" || !implied[e.To]; kept[e] != want {
			t.Errorf("%v is kept: %v, want %v", e, kept[e], want)
		}
	}
}
