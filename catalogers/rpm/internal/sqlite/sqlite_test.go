package sqlite_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/sqlite"
)

var update = flag.Bool("update", false, "make the files in testdata again, with sqlite3")

func file(b []byte) sqlite.File {
	return sqlite.File{ReaderAt: bytes.NewReader(b), Size: int64(len(b))}
}

func read(db, wal []byte) iter.Seq2[[]byte, error] { return sqlite.Blobs(file(db), file(wal)) }

// alone reads a database that has no log.
func alone(r io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
	return sqlite.Blobs(sqlite.File{ReaderAt: r, Size: size}, sqlite.File{})
}

// insert returns SQL that adds packages with the given numbers as rpm does. Some
// are so long that they need several overflow pages.
func insert(from, to int) string {
	var b strings.Builder
	b.WriteString("BEGIN;\n")
	for i := from; i <= to; i++ {
		name := fmt.Sprint("package", i)
		blob := rpmtest.Header(rpmtest.Tags{header.Name: name, header.Summary: strings.Repeat("x", i%4*400)})
		fmt.Fprintf(&b, "INSERT INTO Packages VALUES(%d, X'%x');\n", i, blob)
		fmt.Fprintf(&b, "INSERT INTO Name VALUES('%s', %d, 0);\n", name, i)
	}
	b.WriteString("COMMIT;\n")
	return b.String()
}

const schema = `
PRAGMA journal_mode = WAL;
CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL);
CREATE TABLE 'Name' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum));
CREATE INDEX 'Name_key_idx' ON 'Name'(key ASC);
`

// runSQL runs SQL in a new database and returns the files of the database and
// its log as they are before the program ends, and the blobs that it finds.
func runSQL(t *testing.T, sql string) (db, wal []byte, blobs []string) {
	t.Helper()
	tool := rpmtest.Tool(t, "sqlite3", "sqlite3")
	dir := t.TempDir()
	cmd := exec.Command(tool, "-bail", filepath.Join(dir, "db"))
	cmd.Stdin = strings.NewReader(sql + "\n.output " + filepath.Join(dir, "rows") +
		"\nSELECT hex(blob) FROM Packages ORDER BY hnum;\n.output\n" +
		".shell cp " + filepath.Join(dir, "db") + " " + filepath.Join(dir, "copy") + "\n" +
		".shell cp " + filepath.Join(dir, "db-wal") + " " + filepath.Join(dir, "copy-wal") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	get := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for row := range strings.Lines(string(get("rows"))) {
		blob, err := hex.DecodeString(strings.TrimSpace(row))
		if err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, string(blob))
	}
	return get("copy"), get("copy-wal"), blobs
}

// TestSQLite compares what is read with what sqlite3 itself finds.
func TestSQLite(t *testing.T) {
	const checkpoint = "PRAGMA wal_checkpoint(TRUNCATE);\n"
	for _, tt := range []struct{ name, sql string }{
		{"no package", schema + checkpoint},
		{"one page each", schema + insert(1, 3) + checkpoint},
		{"small pages", "PRAGMA page_size = 512;" + schema + insert(1, 300) + checkpoint},
		{"large pages", "PRAGMA page_size = 65536;" + schema + insert(1, 300) + checkpoint},
		{"reserved bytes", ".filectrl reserve_bytes 32\n" + schema + insert(1, 30) + checkpoint},
		{"auto-vacuum", "PRAGMA auto_vacuum = FULL;" + schema + insert(1, 30) + "DELETE FROM Packages WHERE hnum < 9; DELETE FROM Name WHERE hnum < 9;" + checkpoint},
		{"removed and replaced", schema + insert(1, 200) + "DELETE FROM Packages WHERE hnum % 3 = 0; DELETE FROM Name WHERE hnum % 3 = 0;" + insert(201, 230) + checkpoint},
		{"all in the log", schema + insert(1, 40)},
		{"part in the log", "PRAGMA page_size = 1024;" + schema + insert(1, 40) + checkpoint + insert(41, 50) + "DELETE FROM Packages WHERE hnum = 7; DELETE FROM Name WHERE hnum = 7;"},
		{"log started again", schema + insert(1, 40) + "PRAGMA wal_checkpoint(RESTART);\n" + insert(41, 42)},
		{"log truncated", schema + insert(1, 40) + checkpoint + "DELETE FROM Packages WHERE hnum > 3; DELETE FROM Name WHERE hnum > 3; VACUUM;"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			db, wal, want := runSQL(t, tt.sql)
			var got []string
			for blob, err := range read(db, wal) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, string(blob))
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d blobs, want %d", len(got), len(want))
			}
		})
	}
}

// fixture returns a database of packages 1 to 8, pages of 512 bytes, and a log
// with packages 9 and 10. Root of table Packages is page 2.
func fixture(t testing.TB) (db, wal []byte) {
	t.Helper()
	db, err := os.ReadFile("testdata/packages.sqlite")
	if err != nil {
		t.Fatal(err)
	}
	wal, err = os.ReadFile("testdata/packages.sqlite-wal")
	if err != nil {
		t.Fatal(err)
	}
	return db, wal
}

func TestFixture(t *testing.T) {
	if *update {
		db, wal, _ := runSQL(t, "PRAGMA page_size = 512;"+schema+insert(1, 8)+"PRAGMA wal_checkpoint(TRUNCATE);\n"+insert(9, 10))
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile("testdata/packages.sqlite", db, 0o644),
			os.WriteFile("testdata/packages.sqlite-wal", wal, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	db, wal := fixture(t)
	for _, tt := range []struct {
		wal  []byte
		want int
	}{{nil, 8}, {wal, 10}} {
		if names, errs := rpmtest.Read(read(db, tt.wal)); len(names) != tt.want || len(errs) > 0 {
			t.Errorf("packages %v, errors %v, want %d packages", names, errs, tt.want)
		}
	}
}

const pageSize = 512

// page returns page n of b.
func page(b []byte, n uint32) []byte { return b[(n-1)*pageSize:][:pageSize] }

// root is the number of the root page of table Packages.
const root = 2

// child returns the number of the i-th child of the root.
func child(b []byte, i int) uint32 {
	off := binary.BigEndian.Uint16(page(b, root)[12+2*i:])
	return binary.BigEndian.Uint32(page(b, root)[off:])
}

func TestDamaged(t *testing.T) {
	put := func(off int, v ...byte) func([]byte) []byte {
		return func(b []byte) []byte { copy(b[off:], v); return b }
	}
	replace := func(old, new string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	be := binary.BigEndian
	tests := []struct {
		name   string
		damage func([]byte) []byte
		least  int // packages that are still read
		err    string
	}{
		{"empty file", func(b []byte) []byte { return nil }, 0, "file header: EOF"},
		{"another file", put(0, 'x'), 0, "magic number"},
		{"page size 1 stands for 65536", put(16, 0, 1), 0, "pages of 65536 bytes"},
		{"page size 3", put(16, 0, 3), 0, "pages of 3 bytes"},
		{"page size 256", put(16, 1, 0), 0, "pages of 256 bytes"},
		{"all bytes reserved", put(20, 255), 0, "255 reserved"},
		{"2^32-1 pages", put(28, 255, 255, 255, 255), 8, "4294967295 pages"},
		{"truncated", func(b []byte) []byte { return b[:len(b)/2] }, 0, "in a file of"},
		{"truncated in a page", func(b []byte) []byte { return b[:len(b)-1] }, 1, "in a file of"},
		{"no table Packages", replace("tablePackagesPackages", "tablePickagesPickages"), 0, "no table Packages"},
		{"a view Packages", replace("tablePackages", "view.Packages"), 0, "no table Packages"},
		{"schema is no table", func(b []byte) []byte { b[100] = 10; return b }, 0, "page 1: its type is 10"},
		{"table without row ids", func(b []byte) []byte { page(b, root)[0] = 10; return b }, 0, "page 2: its type is 10"},
		{"tree leads to itself", func(b []byte) []byte { be.PutUint32(page(b, root)[8:], root); return b }, 1, "page 2: there is a second reference"},
		{"leaf is the root", func(b []byte) []byte {
			off := be.Uint16(page(b, root)[12:])
			be.PutUint32(page(b, root)[off:], root)
			return b
		}, 1, "page 2: there is a second reference"},
		{"child 2^32-1", func(b []byte) []byte { be.PutUint32(page(b, root)[8:], 1<<32-1); return b }, 1, "page 4294967295: the database has"},
		{"no last child", func(b []byte) []byte { be.PutUint32(page(b, root)[8:], 0); return b }, 1, "of index Name are not in table Packages"},
		{"65535 cells", func(b []byte) []byte { be.PutUint16(page(b, child(b, 0))[3:], 65535); return b }, 1, "65535 cells are outside the page"},
		{"cell offset 65535", func(b []byte) []byte { be.PutUint16(page(b, child(b, 0))[8:], 65535); return b }, 1, "cell 0 is outside the page"},
		{"cell in the last byte", func(b []byte) []byte { be.PutUint16(page(b, child(b, 0))[8:], pageSize-1); return b }, 1, "cell 0 is outside the page"},
		{"row out of order", func(b []byte) []byte {
			p := page(b, child(b, 0))
			p[binary.BigEndian.Uint16(p[8:])+2] = 100 // after a size of two bytes
			return b
		}, 8, "row 100 is not between"},
		{"no cells", func(b []byte) []byte { be.PutUint16(page(b, child(b, 0))[3:], 0); return b }, 1, "bytes are not accounted for"},
		{"free block leads to itself", func(b []byte) []byte {
			p := page(b, child(b, 0))
			be.PutUint16(p[1:], 400)
			be.PutUint16(p[400:], 400)
			return b
		}, 1, "free block at 400"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db, _ := fixture(t)
			names, errs := rpmtest.Read(read(tt.damage(db), nil))
			if len(names) < tt.least {
				t.Errorf("packages %v, want at least %d", names, tt.least)
			}
			if got := fmt.Sprint(errs); !strings.Contains(got, tt.err) {
				t.Errorf("errors %s, want %q", got, tt.err)
			}
		})
	}
}

// TestOverflow damages each link in a chain of overflow pages.
func TestOverflow(t *testing.T) {
	intact, _ := fixture(t)
	links := 0
	for n := uint32(2); n <= uint32(len(intact)/pageSize); n++ {
		if !isOverflow(page(intact, n)) {
			continue
		}
		links++
		for _, tt := range []struct {
			next uint32
			err  string
		}{
			{0, "bytes are there"},
			{n, "there is a second reference to it"},
			{1<<32 - 1, "the database has"},
		} {
			db := slices.Clone(intact)
			binary.BigEndian.PutUint32(page(db, n), tt.next)
			names, errs := rpmtest.Read(read(db, nil))
			if len(names) != 7 || !strings.Contains(fmt.Sprint(errs), tt.err) {
				t.Errorf("page %d leads to %d: packages %v, errors %v, want %q", n, tt.next, names, errs, tt.err)
			}
		}
	}
	if links < 4 {
		t.Errorf("only %d links", links)
	}
}

// isOverflow reports whether p is a page full of what summaries hold, with
// another one after it.
func isOverflow(p []byte) bool {
	return bytes.Count(p, []byte("x")) > 400 && binary.BigEndian.Uint32(p) != 0 && p[0] == 0
}

func TestLog(t *testing.T) {
	tests := []struct {
		name   string
		damage func([]byte) []byte
		want   int
		err    string
	}{
		{"magic", func(b []byte) []byte { b[0] ^= 1; return b }, 8, "header: magic number"},
		{"salt in the header", func(b []byte) []byte { b[16] ^= 1; return b }, 8, "header: wrong checksum"},
		{"half a header", func(b []byte) []byte { return b[:16] }, 8, "header: EOF"},
		{"header only", func(b []byte) []byte { return b[:32] }, 8, ""},
		{"page of the first frame", func(b []byte) []byte { b[100] ^= 1; return b }, 8, "frame at 32 is damaged"},
		{"salt of the first frame", func(b []byte) []byte { b[32+8] ^= 1; return b }, 8, "frame at 32 is damaged"},
		{"other salt of an only frame", func(b []byte) []byte { b[32+12] ^= 1; return b[:32+24+pageSize] }, 8, "frame at 32 is damaged"},
		{"without the commit", func(b []byte) []byte { return b[:len(b)-(24+pageSize)] }, 8, "in a transaction"},
		{"without the end of the commit", func(b []byte) []byte { return b[:len(b)-1] }, 8, "in a transaction"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			db, wal := fixture(t)
			names, errs := rpmtest.Read(read(db, tt.damage(wal)))
			if len(names) != tt.want {
				t.Errorf("%d packages, want %d", len(names), tt.want)
			}
			if got := fmt.Sprint(errs); tt.err == "" && len(errs) > 0 || !strings.Contains(got, tt.err) {
				t.Errorf("errors %s, want %q", got, tt.err)
			}
		})
	}
}

func TestFlippedByte(t *testing.T) {
	db, wal := fixture(t)
	rpmtest.FlipBytes(t, db, 1, alone)
	rpmtest.FlipBytes(t, wal, 1, func(r io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
		return sqlite.Blobs(file(db), sqlite.File{ReaderAt: r, Size: size})
	})
}

func TestReadError(t *testing.T) {
	db, _ := fixture(t)
	want, _ := rpmtest.Read(read(db, nil))
	for n := range int64(len(db)) {
		names, errs := rpmtest.Read(alone(io.NewSectionReader(bytes.NewReader(db), 0, n), int64(len(db))))
		if len(errs) == 0 && !slices.Equal(names, want) {
			t.Fatalf("unreadable from %d: packages %v and no error", n, names)
		}
	}
}

func TestStop(t *testing.T) {
	db, wal := fixture(t)
	rpmtest.Stop(read(db, wal))
	wal[100] ^= 1
	db[31]++ // pages
	binary.BigEndian.PutUint16(page(db, child(db, 0))[3:], 0)
	rpmtest.Stop(read(db, wal))
	db[0] = 0
	rpmtest.Stop(read(db, wal))
}

func FuzzBlobs(f *testing.F) {
	db, wal := fixture(f)
	f.Add(db, wal)
	f.Add(db, []byte{})
	f.Add([]byte{}, wal)
	f.Fuzz(func(t *testing.T, db, wal []byte) {
		for range read(db, wal) {
			break
		}
		total := 0
		for blob, err := range read(db, wal) {
			if blob == nil && err == nil {
				t.Error("neither a blob nor an error")
			}
			total += len(blob)
		}
		if total > len(db)+len(wal) {
			t.Errorf("%d bytes of blobs in files of %d and %d", total, len(db), len(wal))
		}
	})
}
