package require

import (
	"reflect"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
)

var requirements = []string{
	"a", "A.b_c-d", "a1", " a ", "a[x]", "a[x,y_z]", "a [ x , y ]", "a[]", "a>=1", "a >= 1 , < 2", "a==1.*", "a~=1.2",
	"a===1", "a (>=1)", "a(>=1,<2)", "a[x] (>=1,<2) ; extra == 'y'",
	"a;python_version<'3'", "a ; python_version < \"3\" and (os_name == 'nt' or extra == 'x')",
	"a @ https://example.org/a.zip", "a[x]@ https://example.org/a.zip ; os_name == 'nt'",
	"a @ git+https://example.org/a@v1#egg=a",
	"a!=1,!=2", "a>=1;'linux' in sys_platform", "a; os.name == 'posix'", "a; python_implementation == 'CPython'",
	"a; 'x' not in platform_version", "a; extra=='x' or extra=='y'",
	"", "-a", "a-", "a[x", "a[x y]", "a[-]", "a (>=1", "a >=1)", "a @", "a @ https://example.org/a.zip x",
	"a; foo == 'x'", "a; os_name", "a; os_name = 'x'", "a; (os_name == 'x'", "a; os_name == 'x')",
	"a; os_name == 'x", "a; os_name == 'x' and",
	"a; os_name == 'x' xor os_name == 'y'", "a b", "a;", "ä", "a>=1 b", "a; os_name in 'x' 'y'", "a; os_name not 'x'",
	"a,b", "a; os_name=='nt'and extra=='x'",
}

var markers = []string{
	"python_version >= '3.8'", "python_version < '3.10'", "'3.8' <= python_version", "python_version == '3.11.*'",
	"python_version ~= '3.9'", "python_version in '3.11, 3.12'", "python_version not in '2.7, 3.11'",
	"python_full_version == '3.11.2'", "python_full_version < '3.11.3'", "sys_platform == 'linux'",
	"sys_platform != 'win32'", "sys_platform == 'win32' or os_name == 'posix'",
	"os_name == 'posix' and platform_machine == 'arm64'",
	"(os_name == 'nt' or sys_platform == 'linux') and python_version > '3'",
	"os_name == 'nt' or sys_platform == 'linux' and python_version > '3'",
	"os_name == 'posix' or sys_platform == 'win32' and python_version < '3'",
	"extra == 'x'", "extra != 'x'", "extra == 'y'", "platform_python_implementation == 'CPython'",
	"implementation_name != 'pypy'", "'lin' in sys_platform", "sys_platform in 'linux darwin'",
	"sys_platform > 'a'", "sys_platform < 'a'", "sys_platform <= 'linux'",
	"platform_machine == 'x86_64' or platform_machine == 'AMD64'", "implementation_version >= '3.11'",
	"platform_system == 'Linux' and ((python_version < '3.12'))", "os.name == 'posix'",
}

var values = map[string]string{
	"python_version": "3.11", "python_full_version": "3.11.2", "sys_platform": "linux", "os_name": "posix",
	"platform_machine":               "x86_64",
	"platform_python_implementation": "CPython", "implementation_name": "cpython", "implementation_version": "3.11.2",
	"platform_system": "Linux", "platform_release": "6.1.0", "platform_version": "1",
}

const script = `
import json, sys
from pip._vendor.packaging.requirements import Requirement, InvalidRequirement
from pip._vendor.packaging.markers import Marker
from pip._vendor.packaging.utils import canonicalize_name
given = json.load(sys.stdin)
def read(s):
    try: r = Requirement(s)
    except InvalidRequirement: return None
    return {"Name": canonicalize_name(r.name), "Extras": sorted(r.extras), "Set": sorted(map(str, r.specifier)), "URL": r.url or "",
        "Holds": 1 if r.marker is None or r.marker.evaluate(dict(given["values"], extra="x")) else -1}
print(json.dumps({
    "requirements": [read(s) for s in given["requirements"]],
    "markers": [1 if Marker(m).evaluate(dict(given["values"], extra="x")) else -1 for m in given["markers"]],
}))
`

type outline struct {
	Name        string
	Extras, Set []string
	URL         string
	Holds       Truth
}

func (r Requirement) outline(env Environment) *outline {
	o := &outline{Normalize(r.Name), append([]string{}, r.Extras...), []string{}, r.URL, r.Marker.Evaluate(env)}
	for _, s := range r.Set {
		o.Set = append(o.Set, s.Op+s.Text)
	}
	if len(o.Set) == 2 && o.Set[0] > o.Set[1] {
		o.Set[0], o.Set[1] = o.Set[1], o.Set[0]
	}
	return o
}

func TestAgainstPackaging(t *testing.T) {
	var want struct {
		Requirements []*outline
		Markers      []Truth
	}
	oracle.Ask(t, script, map[string]any{"requirements": requirements, "markers": markers, "values": values}, &want)
	env := Environment{Values: values, Extras: []string{"X"}}
	for i, s := range requirements {
		var got *outline
		r, err := Parse(s)
		if err == nil {
			got = r.outline(env)
		}
		if !reflect.DeepEqual(got, want.Requirements[i]) {
			t.Errorf("%q:\ngot  %+v, %v\nwant %+v", s, got, err, want.Requirements[i])
		}
	}
	for i, s := range markers {
		m, err := ParseMarker(s)
		if got := m.Evaluate(env); err != nil || got != want.Markers[i] {
			t.Errorf("%q: got %d, %v, want %d", s, got, err, want.Markers[i])
		}
	}
}

func TestUnknown(t *testing.T) {
	env := Environment{Values: map[string]string{"python_version": "3.11", "platform_release": "6.1-amd64"}}
	tests := []struct {
		marker string
		want   Truth
	}{
		{"sys_platform == 'linux'", Unknown},
		{"sys_platform == 'linux' and python_version < '3'", False},
		{"sys_platform == 'linux' and python_version > '3'", Unknown},
		{"sys_platform == 'linux' or python_version > '3'", True},
		{"sys_platform == 'linux' or python_version < '3'", Unknown},
		{"python_full_version >= '3.8.1'", True},
		{"python_full_version < '3.8.1'", False},
		{"python_full_version < '3.11.4'", Unknown},
		{"python_full_version == '3.11.4'", Unknown},
		{"python_full_version == '3.11.4.*'", Unknown},
		{"python_full_version != '3.11'", Unknown},
		{"python_full_version == '3.11.*'", True},
		{"python_full_version == '3.1.4'", False},
		{"python_full_version ~= '3.11.4'", Unknown},
		{"python_full_version ~= '3.8'", True},
		{"python_full_version == 'x'", Unknown},
		{"platform_release >= '5'", Unknown},
		{"platform_release ~= 'x'", Unknown},
		{"extra == 'x'", False},
		{"extra == os_name", Unknown},
		{"'x' in extras", False},
		{"'x' in dependency_groups", Unknown},
	}
	for _, tt := range tests {
		m, err := ParseMarker(tt.marker)
		if err != nil {
			t.Errorf("%s: %v", tt.marker, err)
		}
		if got := m.Evaluate(env); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.marker, got, tt.want)
		}
	}
}

func TestPythonSeries(t *testing.T) {
	env := Environment{Python: "3"}
	tests := []struct {
		marker string
		want   Truth
	}{
		{"python_version < '3'", False}, {"python_version >= '3.0'", Unknown}, {"python_version >= '2.7'", True},
		{"python_version < '3.8'", Unknown},
		{"python_version == '2.7'", False}, {"python_version == '3.8'", Unknown}, {"python_version == '3.*'", True},
		{"python_full_version < '3'", False},
		{"python_version in '2.7, 3.4'", Unknown}, {"sys_platform > '3'", Unknown}, {"'2' < python_version", Unknown},
	}
	for _, tt := range tests {
		m, err := ParseMarker(tt.marker)
		if got := m.Evaluate(env); err != nil || got != tt.want {
			t.Errorf("%s: got %d, %v, want %d", tt.marker, got, err, tt.want)
		}
	}
}

func TestExtrasAreNormalized(t *testing.T) {
	m, err := ParseMarker("extra == 'Foo_Bar'")
	if got := m.Evaluate(Environment{Extras: []string{"foo.bar"}}); err != nil || got != True {
		t.Errorf("got %d, %v", got, err)
	}
}

// The name stays when the rest cannot be read.
func TestNameOfDamaged(t *testing.T) {
	tests := []struct{ in, want string }{
		{"pytz (>dev)", "pytz"}, {"torch>=1.*", "torch"}, {"a; sys == 'x'", "a"}, {"a[", "a"}, {"a (1.0)", "a"},
		{"a>=", "a"},
	}
	for _, tt := range tests {
		if r, err := Parse(tt.in); err == nil || !reflect.DeepEqual(r, Requirement{Name: tt.want}) {
			t.Errorf("%q: got %+v, %v, want the name %s and an error", tt.in, r, err, tt.want)
		}
	}
}

func TestNormalize(t *testing.T) {
	for in, want := range map[string]string{"Foo.Bar": "foo-bar", "foo_bar": "foo-bar", "FOO-._bar": "foo-bar",
		"a1": "a1", "": ""} {
		if got := Normalize(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestHostile(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"parentheses", "a; " + strings.Repeat("(", 1<<18), "nested more than 64 deep"},
		{"long", "a" + strings.Repeat(" ", 1<<21), "requirement of"},
		{"long name", strings.Repeat("a", 1<<12), "has no name"},
		{"newline in name", "a\nb", "not a version specifier"},
		{"escape", "\x1b[31ma", "has no name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Parse(tt.in); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// The law: what is known can only decide a marker that was Unknown, never
// change one that was decided.
func FuzzMarker(f *testing.F) {
	for _, m := range markers {
		f.Add(m)
	}
	f.Fuzz(func(t *testing.T, in string) {
		m, err := ParseMarker(in)
		if err != nil {
			return
		}
		all := m.Evaluate(Environment{Values: values})
		for _, name := range []string{"python_version", "python_full_version", "sys_platform", "os_name"} {
			some := map[string]string{}
			for k, v := range values {
				if k != name {
					some[k] = v
				}
			}
			if got := m.Evaluate(Environment{Values: some}); got != all && got != Unknown {
				t.Errorf("%q: %d without %s, %d with it", in, got, name, all)
			}
		}
	})
}

// The law: a requirement has a valid name whenever it has one at all, and
// its name alone is a requirement as well.
func FuzzParse(f *testing.F) {
	for _, r := range requirements {
		f.Add(r)
	}
	f.Fuzz(func(t *testing.T, in string) {
		r, err := Parse(in)
		if r.Name == "" {
			if err == nil {
				t.Errorf("%q: no name and no error", in)
			}
			return
		}
		again, err := Parse(r.Name)
		if err != nil || again.Name != r.Name || !ValidName(Normalize(r.Name)) {
			t.Errorf("%q: name %q, %v", in, r.Name, err)
		}
	})
}
