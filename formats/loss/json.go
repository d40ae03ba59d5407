package loss

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// CompareJSON returns what the JSON document out lacks of in: each value, and the
// keys that lead to it, must be there as often. The order of lists and in which
// of several like objects a value stands mean nothing; neither do empty texts,
// and whether a word has hyphens or underscores, as editions of SPDX differ in it.
// It knows no format, so it also sees what a decoder overlooks.
func CompareJSON(in, out []byte) ([]Loss, error) {
	had, err := leaves(in)
	if err != nil {
		return nil, err
	}
	has, err := leaves(out)
	if err != nil {
		return nil, err
	}
	var losses []Loss
	for _, l := range slices.SortedFunc(maps.Keys(had), compareLeaves) {
		for n := has[l]; n < had[l]; n++ {
			losses = append(losses, Loss{Field: l.way, In: l.value})
		}
	}
	return losses, nil
}

// A leaf is a value and the keys that lead to it.
type leaf struct{ way, value string }

func compareLeaves(a, b leaf) int {
	return cmp.Or(cmp.Compare(a.way, b.way), cmp.Compare(a.value, b.value))
}

func leaves(document []byte) (map[leaf]int, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var doc any
	if err := d.Decode(&doc); err != nil {
		return nil, err
	}
	found := map[leaf]int{}
	var visit func(x any, way string) // as deep as the decoder goes
	visit = func(x any, way string) {
		switch x := x.(type) {
		case map[string]any:
			for key, value := range x {
				visit(value, way+"/"+key)
			}
		case []any:
			for _, value := range x {
				visit(value, way)
			}
		default:
			if x != "" {
				found[leaf{way, strings.ReplaceAll(fmt.Sprint(x), "_", "-")}]++
			}
		}
	}
	visit(doc, "")
	return found, nil
}
