package tree

import (
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/python/internal/oracle"
)

// documents are TOML, good and bad; Python's tomllib says which is which.
var documents = []string{
	"", "\n", "# only a comment", "# comment\r\n", "# bad \x01", "# bad \rx\n", "\xff", "a = \"\xff\"",
	"a = 1", "a = 1\nb = 2\r\n", "a = 1 b = 2", "a = 1 # c", "a", "a =", "= 1", "a = \n1", "a = 1\na = 2",
	"a.b = 1\na.c = 2", "a.b = 1\na = 2", "a = 1\na.b = 2", `"a.b" = 1`, `'a'."b" . c = 1`, "a..b = 1", ".a = 1",
	"a b = 1",
	"1979-05-27 = 1", "\"\" = 1", "\"\"\"a\"\"\" = 1", "ä = 1",
	"[a]", "[a]\n[a]", "[a.b]\n[a]", "[a]\n[a.b]", "[a]\nb = 1\n[a.b]", "[a]\nb.c = 1\n[a.b]",
	"[a]\nb.c = 1\n[a.b.d]\nx = 1",
	"[a.b.c]\nz=9\n[a]\nb.c.t = 1", "[a.b.c.d]\n[a]\nb.c.d.k.t = 1", "[a.b.c]\n[a]\nb.d = 1",
	"[a.b.c]\n[a]\nb.d = 1\n[a.b]",
	"a.b = 1\n[a]", "a.b = 1\n[a.c]", "a = {}\n[a.b]", "a = {b.c = 1, b.d = 2}", "a = {b.c = 1, b = 2}",
	"a = {b = {c = 1}, b.d = 2}",
	"[]", "[a", "[a]]", "[[a]", "[ a . b ]", "[a] b = 1", "[a] # c", "[a]\nb.c = 1\n[x]\n[a.b.q]\n[x.y]\n",
	"[[a]]\n[[a]]\nb = 1", "[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2", "[a]\n[[a]]", "[[a]]\n[a]", "a = []\n[[a]]",
	"a = [{b = 1}]\n[a.c]", "[[a.b]]\n[a]\nb.c = 1",
	"[[a.b]]\n[[a.b]]\n[a.b.c]\n[[a]]", "[[a]]\nb = 1\n[[a.c]]\nd = 1\n[[a.c]]\n[a.c.e]\nf = 1", "[a.b]\n[[a]]",
	"a = [1, 2,]", "a = [1 2]", "a = [,]", "a = [1,,2]", "a = [\n 1, # c\n 2 # d\n # e\n]", "a = [", "a = [1",
	"a = [[1], ['x', {b = 2}]]", "a = []",
	"a = {}", "a = { }", "a = {b = 1}", "a = {b = 1,}", "a = {b = 1\n}", "a = {b = 1, c = 2}", "a = {b = 1, b = 2}",
	"a = {b = 1", "a = {,}", "a = {b = 1 c = 2}", "a = {b = {c = [1, {d = 2}]}}", "a = {",
	"a = true", "a = false", "a = True", "a = truefalse", "a = 0", "a = +1", "a = -0", "a = 01", "a = 1_000",
	"a = 1__0", "a = _1", "a = 1_",
	"a = 0xDEAD_beef", "a = 0x", "a = 0o17", "a = 0o8", "a = 0b101", "a = +0x1", "a = 1.5", "a = 1.", "a = .5",
	"a = 1e6", "a = 1e+06", "a = 6.626E-34", "a = 1.e2", "a = 03.14", "a = 1e1_000", "a = 1._1",
	"a = inf", "a = -inf", "a = +nan", "a = infinity", "a = 1.5.5",
	"a = 1979-05-27T07:32:00Z", "a = 1979-05-27 07:32:00", "a = 1979-05-27t07:32:00.999+01:00", "a = 1979-05-27",
	"a = 07:32:00", "a = 07:32:00.5", "a = 07:32", "a = 1979-02-30", "a = 25:00:00", "a = 1979-05-27T",
	"a = 1979-05-27Z", "a = 07:32:00Z", "a = 1979-05-27T07:32:00+25:00", "a = 1979-05-27 # c", "a = 1979-5-27",
	`a = "x\ty\n\"\\"`, `a = "\u00e9\U0001F600"`, `a = "\ud800"`, `a = "\x41"`, `a = "\u12"`, `a = "\U00110000"`,
	`a = "x`, "a = \"x\ny\"", "a = \"x\ty\"", "a = \"x\x7f\"", `a = "\`, `a = "" ""`,
	`a = 'C:\x'`, `a = 'x`, "a = 'x\ny'", `a = ''`,
	"a = \"\"\"\nx\n  y\"\"\"", "a = \"\"\"x\\\n   \n  y\"\"\"", "a = \"\"\"x\\ y\"\"\"",
	"a = \"\"\"x\\   \n y\"\"\"", `a = """a""""`, `a = """a"""""`, `a = """a""""""`, `a = """a ""quoted"" b"""`,
	`a = """`, "a = \"\"\"\r\nx\r\ny\"\"\"", "a = \"\"\"x\ry\"\"\"", "a = \"\"\"\\u0041\"\"\"",
	"a = '''\nx'y''z'''", "a = '''x\\\ny'''", "a = '''x''''", "a = '''x\x00'''",
	"a = \"\"\"x\\\n\"\"\"", "\ufeffa = 1",
}

// script prints what tomllib makes of each document: null where it raises,
// else the tree with {"scalar": kind} for what is not text.
const script = `
import json, sys, base64, tomllib
def plain(v):
    if isinstance(v, dict): return {"t": {k: plain(x) for k, x in v.items()}}
    if isinstance(v, list): return {"l": [plain(x) for x in v]}
    if isinstance(v, (str, bool)): return v
    return {"n": str(v) if isinstance(v, int) else ""}
def read(b):
    try: return plain(tomllib.loads(base64.b64decode(b).decode()))
    except (ValueError, RecursionError): return None
print(json.dumps([read(b) for b in json.load(sys.stdin)]))
`

// plain is the same of our tree.
func plain(v any) any {
	switch v := v.(type) {
	case Table:
		t := map[string]any{}
		for k, x := range v {
			t[k] = plain(x)
		}
		return map[string]any{"t": t}
	case []any:
		l := make([]any, len(v))
		for i, x := range v {
			l[i] = plain(x)
		}
		return map[string]any{"l": l}
	case Scalar:
		text := ""
		if i, ok := new(big.Int).SetString(string(v), 0); ok {
			text = i.String()
		}
		return map[string]any{"n": text}
	}
	return v
}

func TestTOMLAgainstPython(t *testing.T) {
	in := make([][]byte, len(documents))
	for i, d := range documents {
		in[i] = []byte(d)
	}
	var want []any
	oracle.Ask(t, script, in, &want)
	for i, d := range documents {
		var got any
		table, err := TOML([]byte(d))
		if err == nil {
			got = plain(table)
		}
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("%q:\ngot  %v, %v\nwant %v", d, got, err, want[i])
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	deep := strings.Repeat("[", 1<<20)
	tests := []struct {
		name, want string
		read       func([]byte) (Table, error)
		in         string
	}{
		{"TOML line", "TOML line 3: b defined twice", TOML, "a = 1\nb = 2\nb = 3\nc = 4"},
		{"TOML depth", "nested more than 64 deep", TOML, "a = " + deep},
		{"TOML inline depth", "nested more than 64 deep", TOML, "a = " + strings.Repeat("{a=", 1<<20)},
		{"TOML key parts", "key of more than 64 parts", TOML, strings.Repeat("a.", 1<<20) + "a = 1"},
		{"JSON twice", `key "a" twice`, JSON, `{"a": 1, "a": 2}`},
		{"JSON depth", "nested more than 64 deep", JSON, `{"a": ` + deep},
		{"JSON list", "not an object", JSON, `[]`},
		{"JSON null", "not an object", JSON, `null`},
		{"JSON cut", "byte 5: unexpected EOF", JSON, `{"a":`},
		{"JSON empty", "unexpected EOF", JSON, ``},
		{"JSON more", "goes on after its end", JSON, `{} {}`},
		{"JSON comma", "byte 7", JSON, `{"a":1,}`},
		{"JSON not UTF-8", "not UTF-8", JSON, "{\"\xff\":1}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.read([]byte(tt.in))
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
				t.Errorf("got %v, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestJSON(t *testing.T) {
	got, err := JSON([]byte(`{"a": [1, "x", {"b": null, "B": true}], "n": -1.5e3, "s": "\u00e9"}`))
	want := Table{
		"a": []any{Scalar("1"), "x", Table{"b": nil, "B": true}},
		"n": Scalar("-1.5e3"),
		"s": "é",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestAccess(t *testing.T) {
	table := Table{"s": "x", "b": true, "t": Table{"k": "v"}, "l": []any{"a", Scalar("1"), Table{"k": "w"}}}
	if table.Text("s") != "x" || table.Text("b") != "" || table.Text("none") != "" {
		t.Error("Text")
	}
	if !table.Flag("b") || table.Flag("s") {
		t.Error("Flag")
	}
	if table.Table("t").Text("k") != "v" || table.Table("none").Table("none").Text("k") != "" {
		t.Error("Table")
	}
	if got := table.Texts("l"); !reflect.DeepEqual(got, []string{"a"}) {
		t.Errorf("Texts: %q", got)
	}
	if got := table.Tables("l"); len(got) != 1 || got[0].Text("k") != "w" {
		t.Errorf("Tables: %v", got)
	}
}

// The law: what was read from a document that ends here is there as well
// when another table follows.
func FuzzTOML(f *testing.F) {
	for _, d := range documents {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, in string) {
		before, err := TOML([]byte(in))
		if err != nil {
			return
		}
		after, err := TOML([]byte(in + "\n[zzz.\"fuzz\"]\n"))
		if _, taken := before["zzz"]; taken {
			return
		}
		if err != nil {
			t.Fatalf("%v with a table more", err)
		}
		delete(after, "zzz")
		if !reflect.DeepEqual(plain(before), plain(after)) {
			t.Errorf("got %v, want %v", after, before)
		}
	})
}

// The law: JSON is read if and only if it is one object without a key twice,
// and then it reads the same with space around it.
func FuzzJSON(f *testing.F) {
	for _, d := range []string{`{}`, `{"a":[1,{"b":null}]}`, `{"a":1,"a":2}`, `[`, `{"a":"\u0000"}`, `{"a" 1}`,
		`{"a":[1 2]}`} {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := JSON([]byte(in))
		again, err2 := JSON([]byte(" \n" + in + "\t "))
		if (err == nil) != (err2 == nil) || !reflect.DeepEqual(got, again) {
			t.Errorf("%v, %v; with space %v, %v", got, err, again, err2)
		}
	})
}
