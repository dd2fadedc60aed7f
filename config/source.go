package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// source is a file's content for koanf.
type source []byte

// ReadBytes returns the content.
func (s source) ReadBytes() ([]byte, error) { return s, nil }

// Read is not asked for: [yamlText] parses the content.
func (s source) Read() (map[string]any, error) { return nil, errors.ErrUnsupported }

// yamlText parses YAML and leaves every scalar as it is written: with a parser that types them a
// token 0123 would become 83 and 1e5 would become 100000.
type yamlText struct{}

// Unmarshal returns the tree of a document; its leaves are texts, or nil for null.
func (yamlText) Unmarshal(data []byte) (map[string]any, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return map[string]any{}, nil
	}
	tree, err := plain(document.Content[0])
	if err != nil {
		return nil, err
	}
	if tree == nil {
		return map[string]any{}, nil
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("line %d: must hold keys with values", document.Content[0].Line)
	}
	return root, nil
}

// Marshal is not asked for: settings are never written.
func (yamlText) Marshal(map[string]any) ([]byte, error) { return nil, errors.ErrUnsupported }

func plain(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		members := make(map[string]any, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i]
			if _, twice := members[key.Value]; twice {
				return nil, fmt.Errorf("line %d: %s is given twice", key.Line, key.Value)
			}
			value, err := plain(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			members[key.Value] = value
		}
		return members, nil
	case yaml.SequenceNode:
		items := make([]any, len(n.Content))
		for i, c := range n.Content {
			item, err := plain(c)
			if err != nil {
				return nil, err
			}
			items[i] = item
		}
		return items, nil
	case yaml.AliasNode:
		return nil, fmt.Errorf("line %d: write the value itself in place of *%s", n.Line, n.Value)
	default:
		if n.Tag == "!!null" {
			return nil, nil //nolint:nilnil // null is a value of YAML
		}
		return n.Value, nil
	}
}

const prefix = "ORDERBOT_"

// variables are the settings of the environment for koanf.
type variables map[string]any

// ReadBytes is not asked for: there is no parser for [variables].
func (variables) ReadBytes() ([]byte, error) { return nil, errors.ErrUnsupported }

// Read returns the settings as a tree.
func (v variables) Read() (map[string]any, error) { return v, nil }

// environment picks the settings among the variables. A name with two underscores is always a
// setting; one without is a setting only where there is such a key, so that ORDERBOT_PORT, which
// container platforms set for a service of that name, does no harm. One that would be a key with
// two underscores in place of one is a mistake.
func environment(env []string) (variables, []error) {
	names := map[string]string{}
	envNames(reflect.TypeFor[Config](), prefix, names)
	tree := variables{}
	var mistakes []error
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		rest, ours := strings.CutPrefix(name, prefix)
		if !ours || value == "" {
			continue
		}
		squashed := strings.ReplaceAll(name, "__", "_")
		if meant, known := names[squashed]; !strings.Contains(rest, "__") && meant != name {
			if known {
				mistakes = append(mistakes, fmt.Errorf("%s: write %s", name, meant))
			}
			continue
		}
		members := map[string]any(tree)
		path := strings.Split(strings.ToLower(rest), "__")
		for _, key := range path[:len(path)-1] {
			next, ok := members[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				members[key] = next
			}
			members = next
		}
		members[path[len(path)-1]] = value
	}
	return tree, mistakes
}

// envNames collects the variable's name of every key under its spelling with single underscores.
func envNames(t reflect.Type, name string, names map[string]string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[Secret]() {
		name = strings.TrimSuffix(name, "__")
		names[strings.ReplaceAll(name, "__", "_")] = name
		return
	}
	for field := range t.Fields() {
		envNames(field.Type, name+strings.ToUpper(field.Tag.Get("key"))+"__", names)
	}
}

// EnvNames lists the environment variable of every key, sorted. A list stands there without its
// members' numbers.
func EnvNames() []string {
	names := map[string]string{}
	envNames(reflect.TypeFor[Config](), prefix, names)
	return slices.Sorted(maps.Values(names))
}
