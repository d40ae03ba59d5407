package formattest

import (
	"reflect"
	"testing"
)

// TestFullIsFull checks that the fixture sets every field of the model, so that
// the round trips are about all of it.
func TestFullIsFull(t *testing.T) {
	set := map[string]bool{}
	visit(reflect.ValueOf(Full()), "Manifest", set)
	for path, ok := range set {
		if !ok {
			t.Errorf("%s is zero everywhere in the fixture", path)
		}
	}
}

// visit records for each field of each struct type whether it is set anywhere.
func visit(v reflect.Value, path string, set map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		visit(v.Elem(), path, set)
	case reflect.Slice:
		for i := range v.Len() {
			visit(v.Index(i), path, set)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() || f.Name == "Joints" {
				continue
			}
			name := v.Type().Name() + "." + f.Name
			set[name] = set[name] || !v.Field(i).IsZero()
			visit(v.Field(i), name, set)
		}
	}
}
