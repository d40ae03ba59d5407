package release

import (
	_ "embed"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
)

// SchemaID is the name of the schema of release records. It is an identifier;
// the schema is what "manifestgen init --schema" prints.
const SchemaID = "https://github.com/manifestgen/manifestgen/schema/record-1.json"

//go:embed record.go
var recordSource string

// Schema returns the JSON Schema (2020-12) of release records, for editors. It
// is made from the Go types that records are read into, and their comments. It
// accepts every record that [ParseRecord] accepts; what is about two values, or
// needs to know more than the text, only ParseRecord finds.
func Schema() []byte {
	s := schemaOf(reflect.TypeFor[Record](), "", comments())
	s["$schema"], s["$id"], s["title"] = "https://json-schema.org/draft/2020-12/schema", SchemaID, "manifestgen release record"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // maps of strings and lists
	}
	return append(b, '\n')
}

type schema = map[string]any

func schemaOf(t reflect.Type, is string, comments map[string]string) schema {
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem(), is, comments)
	case reflect.Slice:
		s := schema{"type": "array", "items": schemaOf(t.Elem(), is, comments)}
		if is == "" && t.Elem() == reflect.TypeFor[Artifact]() {
			s["minItems"] = 1
		}
		return s
	case reflect.Struct:
		return objectSchema(t, comments)
	case reflect.Int:
		return schema{"type": "integer", "const": 1}
	}
	return forms[is].schema()
}

func objectSchema(t reflect.Type, comments map[string]string) schema {
	properties, required := schema{}, []string{}
	for _, f := range fieldsOf(t) {
		field, _ := f.owner.FieldByName(f.name)
		s := schemaOf(field.Type, f.is, comments)
		s["description"] = comments[f.owner.Name()+"."+f.name]
		properties[f.key] = s
		if f.need {
			required = append(required, f.key)
		}
	}
	s := schema{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		s["required"] = required
	}
	if t == reflect.TypeFor[Match]() {
		s["minProperties"] = 1
	}
	return s
}

func (f form) schema() schema {
	s := schema{"type": "string"}
	if f.pattern != nil {
		s["pattern"] = f.pattern.String()
	}
	if f.not != nil {
		s["not"] = schema{"pattern": f.not.String()}
	}
	if f.values != nil {
		s["enum"] = f.values
	}
	if f.format != "" {
		s["format"] = f.format
	}
	return s
}

// comments returns the comments of the fields of this package's record types, by
// "Type.Field".
func comments() map[string]string {
	all := map[string]string{}
	file, err := parser.ParseFile(token.NewFileSet(), "record.go", recordSource, parser.ParseComments)
	if err != nil {
		panic(err) // it was compiled
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					all[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(f.Doc.Text()), " ")
				}
			}
		}
		return false
	})
	return all
}
