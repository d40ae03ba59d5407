package rpm

import (
	"fmt"
	"testing"

	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/header"
	"github.com/manifestgen/manifestgen/catalogers/rpm/internal/rpmtest"
	"github.com/manifestgen/manifestgen/sbom/sbomtest"
)

// manyPackages returns an ndb database of n packages with 100 files each, which
// require each other.
func manyPackages(n int) string {
	var blobs [][]byte
	for i := range n {
		tags := rpmtest.Tags{
			header.Name: fmt.Sprint("package", i), header.License: "GPLv2+ and MIT", header.SourceRPM: "x-1-2.src.rpm",
			header.BuildTime: uint32(1_700_000_000), header.DirNames: []string{"/usr/share/" + fmt.Sprint(i) + "/", "/usr/bin/"},
		}
		var names, digests, requires, provides, bounds []string
		var folders, flags []uint32
		var modes []uint16
		for j := range 100 {
			names = append(names, fmt.Sprintf("file-%d-%d", i, j))
			digests = append(digests, fmt.Sprintf("%064d", j))
			folders, modes = append(folders, uint32(j%2)), append(modes, 0o100644)
		}
		for j := range 20 {
			requires = append(requires, fmt.Sprint("package", (i+j)%n))
			provides = append(provides, fmt.Sprint("capability", i, "-", j))
			bounds, flags = append(bounds, "1-1"), append(flags, senseEqual|senseGreater)
		}
		provides[0] = fmt.Sprint("package", i)
		tags[header.BaseNames], tags[header.FileDigests], tags[header.DirIndexes], tags[header.FileModes] = names, digests, folders, modes
		tags[header.RequireName], tags[header.RequireVersion], tags[header.RequireFlags] = requires, bounds, flags
		tags[header.ProvideName], tags[header.ProvideVersion], tags[header.ProvideFlags] = provides, bounds, flags
		blobs = append(blobs, rpmtest.Header(tags))
	}
	return string(rpmtest.NDB(blobs...))
}

// BenchmarkScan reads databases of several sizes; the time should grow with the
// number of packages and no faster.
func BenchmarkScan(b *testing.B) {
	for _, n := range []int{500, 5_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := manyPackages(n)
			a := sbomtest.Folder(map[string]string{"usr/lib/sysimage/rpm/Packages.db": db})
			b.SetBytes(int64(len(db)))
			b.ReportAllocs()
			for b.Loop() {
				if inv := sbomtest.Scan(b, a, Cataloger{}); len(inv.Components) != n || len(inv.Edges) != 19*n {
					b.Fatalf("%d packages, %d edges", len(inv.Components), len(inv.Edges))
				}
			}
		})
	}
}
