package git

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tagged makes a repository with a tag of every kind at HEAD, and others that
// are elsewhere.
func tagged(t *testing.T, format string) *testRepo {
	r := newRepo(t, "--object-format="+format)
	r.commit("a", "1")
	r.git("tag", "v1.0.0")
	r.git("tag", "-m", "old", "cmd/x/v1.0.0")
	r.commit("a", "2")
	r.git("tag", "v1.1.0")
	r.git("tag", "-m", "annotated", "v1.2.0")
	r.git("tag", "-m", "in a folder", "cmd/x/v1.1.0")
	r.git("tag", "-m", "tag of a tag", "nested", "v1.2.0")
	r.git("tag", "-m", "tag of a tag of a tag", "nested2", "nested")
	r.git("tag", "2024.1.0.0rc1")
	r.git("tag", "-m", "a tree", "tree", "HEAD^{tree}")
	r.git("tag", "blob", "HEAD:a")
	return r
}

func TestTagsAt(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		r := tagged(t, format)
		check := func(state string) {
			t.Helper()
			repo := r.open()
			for _, rev := range []string{"HEAD", "HEAD^"} {
				tags, err := repo.TagsAt(r.id(rev))
				checkErr(t, err, nil)
				var got []string
				for _, tag := range tags {
					got = append(got, tag.Name)
				}
				if want := strings.Split(r.git("tag", "--points-at", rev), "\n"); !slices.Equal(got, want) {
					// git follows one tag, and lists no tag of a tag of a tag.
					want = append(want, "nested", "nested2")
					slices.Sort(want)
					want = slices.Compact(want)
					if rev != "HEAD" || !slices.Equal(got, want) {
						t.Errorf("%s %s %s: got %v, want %v", format, state, rev, got, want)
					}
				}
			}
		}
		check("loose")
		r.git("pack-refs", "--all")
		check("packed refs")
		r.git("gc", "-q", "--prune=now")
		check("packed")
		r.git("tag", "-f", "v1.0.0", "HEAD") // the loose ref hides the packed one
		check("moved")
		r.git("tag", "-d", "v1.1.0")
		check("deleted")
	}
}

func TestTag(t *testing.T) {
	r := tagged(t, "sha1")
	repo := r.open()
	head := r.id("HEAD")
	for _, tt := range []struct {
		name    string
		objects []string // names in the tag objects
		commit  ID
	}{
		{"v1.1.0", nil, head},
		{"v1.2.0", []string{"v1.2.0"}, head},
		{"refs/tags/cmd/x/v1.1.0", []string{"cmd/x/v1.1.0"}, head},
		{"nested2", []string{"nested2", "nested", "v1.2.0"}, head},
		{"tree", []string{"tree"}, ID{}},
		{"blob", nil, ID{}},
	} {
		tag, err := repo.Tag(tt.name)
		checkErr(t, err, nil)
		var names []string
		for _, o := range tag.Objects {
			names = append(names, o.Name)
			if got := string(o.Raw); strings.TrimSuffix(got, "\n") != r.git("cat-file", "tag", o.ID.String()) {
				t.Errorf("%s: raw object %q", tt.name, got)
			}
			if o.Tagger != "C" || o.Email != "c@example.org" || o.Time.Format("-0700") != "-0330" || o.Time.Unix() != 1700000000 {
				t.Errorf("%s: got tagger %+v", tt.name, o)
			}
		}
		if !slices.Equal(names, tt.objects) || tag.Commit != tt.commit || tag.Target != r.id(tag.Name) {
			t.Errorf("got %+v with objects %v, want %+v", tag, names, tt)
		}
	}
	_, err := repo.Tag("missing")
	checkErr(t, err, ErrNotFound)
}

// TestRefNames asks for names that must never become paths.
func TestRefNames(t *testing.T) {
	r := newRepo(t)
	id := r.commit("a", "1")
	r.write(".git/x", id.String()+"\n")
	repo := r.open()
	for _, name := range []string{"", "../../x", "a/../../../x", "a//b", ".x", "a/.x", "a.lock", "x.", "a b", "a\x00b", "a@{b", `a\b`, "a:b", "/x", "a/"} {
		if _, err := repo.Tag(name); err == nil {
			t.Errorf("%q: no error", name)
		}
		if name == "" || strings.ContainsAny(name, "\x00") {
			continue
		}
		if out, err := r.try("check-ref-format", "refs/tags/"+name); err == nil {
			t.Errorf("%q is a good name to git: %s", name, out)
		}
	}
	if err := checkRefName(tagPrefix + strings.Repeat("a", 5000)); err == nil {
		t.Error("a name of 5000 bytes: no error")
	}
}

// TestBrokenRefs has refs that cannot be read next to one that can.
func TestBrokenRefs(t *testing.T) {
	r := newRepo(t)
	id := r.commit("a", "1")
	r.git("tag", "good")
	r.write(".git/refs/tags/empty", "")
	r.write(".git/refs/tags/short", "1234\n")
	r.write(".git/refs/tags/missing", strings.Repeat("1", 40)+"\n")
	r.write(".git/refs/tags/zero", strings.Repeat("0", 40)+"\n")
	r.write(".git/refs/tags/loop", "ref: refs/tags/loop2\n")
	r.write(".git/refs/tags/loop2", "ref: refs/tags/loop\n")
	r.write(".git/refs/tags/out", "ref: refs/../../x\n")
	r.write(".git/refs/tags/large", strings.Repeat("\n", 1<<17))
	r.write(".git/refs/tags/being.lock", "")
	r.write(".git/refs/tags/bad name", id.String())
	r.write(".git/refs/tags/"+strings.Repeat("d/", 40)+"deep", id.String())
	tags, err := r.open().TagsAt(id)
	if len(tags) != 1 || tags[0].Name != "good" {
		t.Errorf("got %v", tags)
	}
	for _, name := range []string{"empty", "short", "missing", "zero", "loop", "loop2", "out", "large", "bad name", "d/d"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("no error names %q: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "being") {
		t.Errorf("a lock file is in %v", err)
	}
}

func TestPackedRefs(t *testing.T) {
	a, b := strings.Repeat("a", 40), strings.Repeat("b", 40)
	tests := []struct {
		name, in string
		want     int
		wantErr  error
	}{
		{"empty", "", 0, nil},
		{"header, tag, peeled", "# pack-refs with: peeled fully-peeled sorted \n" + a + " refs/heads/x\n" + b + " refs/tags/y\n^" + a + "\n", 2, nil},
		{"not sorted", a + " refs/heads/x\n" + b + " refs/heads/a\n", 2, nil},
		{"no line feed", a + " refs/heads/x", 0, ErrCorrupt},
		{"twice", a + " refs/heads/x\n" + b + " refs/heads/x\n", 0, ErrCorrupt},
		{"comment later", a + " refs/heads/x\n# x\n", 0, ErrCorrupt},
		{"peeled first", "^" + a + "\n", 0, ErrCorrupt},
		{"peeled twice", a + " refs/tags/x\n^" + a + "\n^" + a + "\n", 0, ErrCorrupt},
		{"outside", a + " refs/../../x\n", 0, ErrCorrupt},
		{"no name", a + "\n", 0, ErrCorrupt},
		{"CR LF", a + " refs/heads/x\r\n", 0, ErrCorrupt},
		{"a digit too many", a + "a refs/heads/x\n", 0, ErrCorrupt},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			refs, err := parsePackedRefs([]byte(tt.in), sha1Format)
			checkErr(t, err, tt.wantErr)
			if len(refs) != tt.want {
				t.Errorf("got %v", refs)
			}
		})
	}
}

// FuzzPackedRefs holds that every ref is a line of the file, under a safe name.
func FuzzPackedRefs(f *testing.F) {
	a := strings.Repeat("a", 40)
	f.Add("# pack-refs with: peeled\n" + a + " refs/tags/x\n^" + a + "\n")
	f.Add(a + " refs/../x\n")
	f.Fuzz(func(t *testing.T, in string) {
		refs, err := parsePackedRefs([]byte(in), sha1Format)
		if err != nil && refs != nil {
			t.Error("refs and an error")
		}
		for name, id := range refs {
			line := strings.ToLower(id.String()) + " " + name + "\n"
			if !strings.Contains(strings.ToLower(in), strings.ToLower(line)) {
				t.Errorf("no line is %q", line)
			}
			if !filepath.IsLocal(name) || checkRefName(name) != nil {
				t.Errorf("unsafe name %q", name)
			}
		}
	})
}

func TestLimitTags(t *testing.T) {
	r := newRepo(t)
	id := r.commit("a", "1")
	r.git("tag", "-m", "1", "t0")
	for i := range 5 {
		r.git("tag", "-m", "x", fmt.Sprintf("t%d", i+1), fmt.Sprintf("t%d", i))
	}
	l := defaultLimits()
	l.peel = 5
	repo, err := open(r.dir, l)
	checkErr(t, err, nil)
	defer repo.Close()
	_, err = repo.Tag("t5") // six tags
	checkErr(t, err, ErrLimit)
	_, err = repo.Tag("t4")
	checkErr(t, err, nil)
	repo.limits.refs = 5
	_, err = repo.TagsAt(id)
	checkErr(t, err, ErrLimit)
}

// TestTagObjects writes tag objects that git mktag would refuse. git hash-object
// names them, so that only their content is wrong.
func TestTagObjects(t *testing.T) {
	r := newRepo(t)
	commit := r.commit("a", "1").String()
	head := "object " + commit + "\ntype commit\n"
	tagger := "tagger T <t@example.org> 1700000000 +0000\n"
	tests := []struct {
		name, in string
		extra    int
		bad      bool
	}{
		{"usual", head + "tag x\n" + tagger + "\nm\n", 0, false},
		{"no tagger", head + "tag x\n\nm\n", 0, false},
		{"no message", head + "tag x\n" + tagger, 0, false},
		{"another header", head + "tag x\n" + tagger + "gpgsig-sha256 x\n y\n\nm\n", 1, false},
		{"object twice", head + "object " + commit + "\ntag x\n" + tagger + "\nm\n", 0, true},
		{"tag twice", head + "tag x\ntag y\n" + tagger + "\nm\n", 0, true},
		{"tag after the tagger", head + "tag x\n" + tagger + "tag y\n\nm\n", 0, true},
		{"tagger twice", head + "tag x\n" + tagger + tagger + "\nm\n", 0, true},
		{"wrong kind", "object " + commit + "\ntype tree\ntag x\n" + tagger + "\nm\n", 0, true},
		{"unknown kind", "object " + commit + "\ntype note\ntag x\n" + tagger + "\nm\n", 0, true},
		{"out of order", "type commit\nobject " + commit + "\ntag x\n" + tagger + "\nm\n", 0, true},
		{"no tag", head + tagger + "\nm\n", 0, true},
		{"tag with a path", head + "tag ../x\n" + tagger + "\nm\n", 0, true},
		{"NUL", head + "tag x\x00y\n" + tagger + "\nm\n", 0, true},
		{"time too large", head + "tag x\ntagger T <t> 99999999999999999999 +0000\n\nm\n", 0, true},
		{"negative time", head + "tag x\ntagger T <t> -1 +0000\n\nm\n", 0, true},
		{"no zone", head + "tag x\ntagger T <t> 1\n\nm\n", 0, true},
		{"bad zone", head + "tag x\ntagger T <t> 1 +00x0\n\nm\n", 0, true},
		{"no email", head + "tag x\ntagger T 1 +0000\n\nm\n", 0, true},
		{"no line feed", head + "tag x", 0, true},
		{"a continuation first", " x\n" + head + "tag x\n\nm\n", 0, true},
		{"empty", "", 0, true},
	}
	repo := r.open()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "tag")
			if err := os.WriteFile(file, []byte(tt.in), 0o644); err != nil {
				t.Fatal(err)
			}
			r.write(".git/refs/tags/x", r.git("hash-object", "-t", "tag", "-w", "--literally", file)+"\n")
			tag, err := repo.Tag("x")
			if (err != nil) != tt.bad {
				t.Fatalf("got error %v", err)
			}
			if err == nil && (len(tag.Objects[0].Extra) != tt.extra || tag.Commit.String() != commit) {
				t.Errorf("got %+v", tag.Objects[0])
			}
		})
	}
}

// FuzzParseTag holds that what was read is what the object begins with.
func FuzzParseTag(f *testing.F) {
	a := strings.Repeat("a", 40)
	f.Add("object " + a + "\ntype commit\ntag x\ntagger T <t@x> 1 +0000\n\nm\n")
	f.Add("object " + a + "\ntype tag\ntag x/y\n\n")
	f.Fuzz(func(t *testing.T, in string) {
		tag, err := parseTag([]byte(in), sha1Format)
		if err != nil {
			return
		}
		want := fmt.Sprintf("object %s\ntype %s\ntag %s\n", tag.Object, tag.Type, tag.Name)
		if len(in) < len(want) || !strings.EqualFold(in[:len(want)], want) {
			t.Errorf("%q does not begin with %q", in, want)
		}
		header, _, _ := strings.Cut(in, "\n\n")
		if strings.Count(header+"\n", "\ntag ") != 1 || string(tag.Raw) != in {
			t.Errorf("%q", in)
		}
	})
}

// FuzzParseCommit holds that a commit has a tree and a time.
func FuzzParseCommit(f *testing.F) {
	a := strings.Repeat("a", 40)
	f.Add("tree " + a + "\nparent " + a + "\nauthor A <a> 1 +0000\ncommitter C <c> 2 +0100\n\nm\n")
	f.Fuzz(func(t *testing.T, in string) {
		c, err := parseCommit([]byte(in), sha1Format)
		if err == nil && (!strings.EqualFold(in[5:45], c.Tree.String()) || c.Time.IsZero()) {
			t.Errorf("got %+v of %q", c, in)
		}
		if err == nil && strings.Count(in, "\nparent ") < len(c.Parents) {
			t.Errorf("%d parents of %q", len(c.Parents), in)
		}
	})
}

func TestVersions(t *testing.T) {
	tests := []struct {
		prefix, tags, want string
	}{
		{"", "v1.2.3", "v1.2.3"},
		{"", "v1.2.3 v1.10.0 v1.9.9", "v1.10.0 v1.9.9 v1.2.3"},
		{"", "v1.2.3-rc.1 v1.2.3 v1.2.3-rc.10 v1.2.3-rc.9", "v1.2.3 v1.2.3-rc.10 v1.2.3-rc.9 v1.2.3-rc.1"},
		{"", "2024.1.0.0rc1 2024.1.0.0b2 2024.1.0 2024.1.0.dev3 2024.1.0.post1", "2024.1.0.post1 2024.1.0 2024.1.0.0rc1 2024.1.0.0b2 2024.1.0.dev3"},
		{"", "latest nightly v1 x1.0 1.0/x v 1.0? 1..2 1.-", "v1"},
		{"", "cmd/x/v1.0.0 v2.0.0", "v2.0.0"},
		{"cmd/x/", "cmd/x/v1.0.0 v2.0.0 cmd/xy/v3.0.0 cmd/x/y", "v1.0.0"},
		{"release-", "release-1.0 1.1", "1.0"},
		{"", "99999999999999999999999999.0 100000000000000000000000000.0", "100000000000000000000000000.0 99999999999999999999999999.0"},
		{"", "1.0 v1.0", "1.0 v1.0"},
		{"", "v1.0.0+incompatible v1.0.0-pre", "v1.0.0+incompatible v1.0.0-pre"},
	}
	for _, tt := range tests {
		var tags []*Tag
		for _, name := range strings.Fields(tt.tags) {
			tags = append(tags, &Tag{Name: name})
		}
		var got []string
		for _, v := range Versions(tags, tt.prefix) {
			got = append(got, v.Text)
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%q of %s: got %v, want %s", tt.prefix, tt.tags, got, tt.want)
		}
	}
	light, annotated := &Tag{Name: "1.0"}, &Tag{Name: "v1.0", Objects: []*TagObject{{}}}
	if got := Versions([]*Tag{light, annotated}, ""); got[0].Tag != annotated {
		t.Error("a lightweight tag is before an annotated one of the same version")
	}
}

// FuzzVersions holds that versions are in a total order.
func FuzzVersions(f *testing.F) {
	f.Add("1.0", "v1.0rc1", "1.0.dev2")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		for _, s := range []string{a, b, c} {
			if _, ok := parseVersion(s); !ok {
				return
			}
		}
		if compareVersions(a, b) != -compareVersions(b, a) || compareVersions(a, a) != 0 {
			t.Errorf("%q and %q", a, b)
		}
		if compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0 && compareVersions(a, c) > 0 {
			t.Errorf("%q ≤ %q ≤ %q", a, b, c)
		}
	})
}
