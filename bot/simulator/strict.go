package simulator

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// flaw is what is wrong with a body.
type flaw int

const (
	flawSyntax  flaw = iota // no JSON, or not UTF-8
	flawUnknown             // a field that the platform does not know
	flawMissing             // a needed field is absent or empty
	flawType                // a value of another type
)

// bodyError tells what is wrong with a body and where.
type bodyError struct {
	flaw  flaw
	field string
	text  string
}

func (e *bodyError) Error() string { return strings.TrimSpace(e.field + " " + e.text) }

// decode reads body into the struct that into points to, and accepts exactly its fields: names are
// case-sensitive, unknown ones are an error, and those tagged need must be there and not empty.
// Its error is a *bodyError.
func decode(body []byte, into any) error {
	if !utf8.Valid(body) {
		return &bodyError{flaw: flawSyntax, text: "body is not UTF-8"}
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return &bodyError{flaw: flawSyntax, text: "body is no JSON: " + err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return &bodyError{flaw: flawSyntax, text: "text after the JSON"}
	}
	if err := checkTree(tree, reflect.TypeOf(into).Elem(), ""); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		field := ""
		if wrong, is := errors.AsType[*json.UnmarshalTypeError](err); is {
			field = wrong.Field
		}
		return &bodyError{flaw: flawType, field: field, text: err.Error()}
	}
	return nil
}

var rawType = reflect.TypeFor[json.RawMessage]()

func checkTree(tree any, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if tree == nil || t == rawType {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		object, is := tree.(map[string]any)
		if !is {
			return &bodyError{flaw: flawType, field: path, text: "is no object"}
		}
		return checkObject(object, t, path)
	case reflect.Slice:
		list, is := tree.([]any)
		if !is {
			return &bodyError{flaw: flawType, field: path, text: "is no array"}
		}
		for i, item := range list {
			if err := checkTree(item, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		object, is := tree.(map[string]any)
		if !is {
			return &bodyError{flaw: flawType, field: path, text: "is no object"}
		}
		for _, k := range slices.Sorted(maps.Keys(object)) {
			if err := checkTree(object[k], t.Elem(), join(path, k)); err != nil {
				return err
			}
		}
	default: // json.Unmarshal checks the rest
	}
	return nil
}

func checkObject(object map[string]any, t reflect.Type, path string) error {
	known := make(map[string]reflect.StructField)
	for f := range fieldsOf(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known[name] = f
		if _, need := f.Tag.Lookup("need"); need && isEmpty(object[name]) {
			return &bodyError{flaw: flawMissing, field: join(path, name), text: "is missing or empty"}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(object)) {
		f, is := known[k]
		if !is {
			return &bodyError{flaw: flawUnknown, field: join(path, k), text: "is unknown"}
		}
		if err := checkTree(object[k], f.Type, join(path, k)); err != nil {
			return err
		}
	}
	return nil
}

// fieldsOf walks the fields of t and of the structs embedded in it.
func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, f := range reflect.VisibleFields(t) {
			if !f.Anonymous && !yield(f) {
				return
			}
		}
	}
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// xmlNode is any element.
type xmlNode struct {
	XMLName xml.Name  `xml:""`
	Nodes   []xmlNode `xml:",any"`
}

// checkXML reports elements below n that the struct type t does not know.
func checkXML(n xmlNode, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	known := make(map[string]reflect.Type)
	for f := range fieldsOf(t) {
		name, _, _ := strings.Cut(f.Tag.Get("xml"), ",")
		known[name] = f.Type
	}
	for _, c := range n.Nodes {
		ft, is := known[c.XMLName.Local]
		if !is {
			return &bodyError{flaw: flawUnknown, field: join(path, c.XMLName.Local), text: "is unknown"}
		}
		if err := checkXML(c, ft, join(path, c.XMLName.Local)); err != nil {
			return err
		}
	}
	return nil
}

// cutBytes returns s cut at n bytes, at the border of a character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
