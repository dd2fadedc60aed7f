package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/v2"
)

// DefaultFile is read when no file is named and it is in the working directory.
const DefaultFile = "orderbot.yaml"

// Load reads the settings from the YAML file at path and from the environment (NAME=value, as
// [os.Environ] gives it). Where path is empty, [DefaultFile] is read if it exists. The error
// joins all mistakes, each with the path of its key.
func Load(path string, env []string) (*Config, error) {
	k := koanf.New(".")
	name := path
	if name == "" {
		name = DefaultFile
	}
	data, err := os.ReadFile(name)
	switch {
	case err == nil:
		if err := k.Load(source(data), yamlText{}); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	case path != "" || !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	variables, mistakes := environment(env)
	if err := k.Load(variables, nil); err != nil {
		return nil, err
	}

	var c Config
	d := decoder{mistakes}
	d.decode(reflect.ValueOf(&c).Elem(), k.Raw(), "", "")
	d.together(&c)
	if len(d.mistakes) > 0 {
		return nil, errors.Join(d.mistakes...)
	}
	c.Server.PublicURL = strings.TrimRight(c.Server.PublicURL, "/")
	if c.DingTalk != nil && c.DingTalk.RobotCode == "" {
		c.DingTalk.RobotCode = c.DingTalk.ClientID
	}
	return &c, nil
}

// decoder turns a tree of texts into typed settings. It goes on after a mistake.
type decoder struct{ mistakes []error }

func (d *decoder) wrong(path, format string, args ...any) {
	d.mistakes = append(d.mistakes, fmt.Errorf("%s: "+format, append([]any{path}, args...)...))
}

// decode sets v from node: a map for a struct, a list or commas for a slice, a text for the rest.
// tag is that of the field.
func (d *decoder) decode(v reflect.Value, node any, path string, tag reflect.StructTag) {
	switch {
	case v.Kind() == reflect.Pointer:
		if node == nil {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(v.Elem(), node, path, tag)
	case v.Type() == reflect.TypeFor[Secret]():
		d.leaf(node, path, tag, func(s string) error {
			value, err := resolve(s)
			v.Set(reflect.ValueOf(NewSecret(value)))
			return err
		}, func() string { return v.Interface().(Secret).Reveal() })
	case v.Kind() == reflect.Struct:
		d.section(v, node, path)
	case v.Kind() == reflect.Slice:
		d.list(v, node, path, tag)
	default:
		d.leaf(node, path, tag, func(s string) error { return setScalar(v, s) }, func() string { return fmt.Sprint(v) })
	}
}

func (d *decoder) section(v reflect.Value, node any, path string) {
	members, ok := node.(map[string]any)
	if !ok && node != nil {
		d.wrong(path, "must be a section with keys of its own")
		return
	}
	known := map[string]bool{}
	for field, value := range v.Fields() {
		key := field.Tag.Get("key")
		known[key] = true
		d.decode(value, members[key], join(path, key), field.Tag)
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if !known[key] {
			d.wrong(join(path, key), "there is no such key")
		}
	}
}

func (d *decoder) list(v reflect.Value, node any, path string, tag reflect.StructTag) {
	if node == nil || node == "" {
		node = tag.Get("default")
	}
	var items []any
	switch node := node.(type) {
	case []any:
		items = node
	case string:
		for item := range strings.SplitSeq(node, ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
	case map[string]any: // numbered, from the environment
		for i := range len(node) {
			item, found := node[strconv.Itoa(i)]
			if !found {
				d.wrong(path, "its members must be numbered from 0 without a gap")
				return
			}
			items = append(items, item)
		}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		d.decode(v.Index(i), item, join(path, strconv.Itoa(i)), reflect.StructTag(`need:"true" is:"`+tag.Get("is")+`"`))
	}
}

// leaf sets one value from its text, its default where there is none, and checks it.
func (d *decoder) leaf(node any, path string, tag reflect.StructTag, set func(string) error, get func() string) {
	text, ok := node.(string)
	if !ok && node != nil {
		d.wrong(path, "must be a single value")
		return
	}
	if text == "" {
		text = tag.Get("default")
	}
	if text == "" {
		if tag.Get("need") != "" {
			d.wrong(path, "is needed")
		}
		return
	}
	if err := set(text); err != nil {
		d.wrong(path, "%w", err)
	} else if check := checks[tag.Get("is")]; check != nil {
		if err := check(get()); err != nil {
			d.wrong(path, "%w", err)
		}
	}
}

func setScalar(v reflect.Value, text string) error {
	switch v.Interface().(type) {
	case time.Duration:
		span, err := time.ParseDuration(text)
		if err != nil || span < 0 {
			return fmt.Errorf("%q is no duration such as 200ms, 10s or 4h", text)
		}
		v.SetInt(int64(span))
	case int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is no whole number", text)
		}
		v.SetInt(int64(n))
	case bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		v.SetBool(text == "true")
	case string:
		v.SetString(text)
	default:
		panic("config: no decoding of " + v.Type().String())
	}
	return nil
}

// resolve returns the secret itself, or the content of the file that file:PATH names.
func resolve(text string) (string, error) {
	path, isFile := strings.CutPrefix(text, "file:")
	if !isFile {
		return text, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	value := strings.TrimSpace(string(data))
	if value == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return value, nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
