package score_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// object is a JSON object under the spoilers' hands.
type object = map[string]any

// goldLines makes the gold that the spoiled outputs are judged by: every third line of the open
// corpus and every line with a question. Some lines get equally right alternatives, and two an
// error that is due.
func goldLines(t *testing.T) []object {
	t.Helper()
	var gold []object
	for _, name := range []string{"gold.jsonl", "files.gold.jsonl"} {
		data, err := os.ReadFile(filepath.Join("../testdata/corpus", name))
		require.NoError(t, err)
		for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
			var g object
			require.NoError(t, json.Unmarshal([]byte(line), &g))
			if i%3 == 0 || len(list(g, "asks")) > 0 {
				gold = append(gold, g)
			}
		}
	}
	for i, g := range gold {
		switch orders := list(g, "orders"); {
		case i%11 == 3 && len(orders) > 0:
			other := copyOf(g)
			order := list(other, "orders")[0].(object)
			order["payment"], order["deliver_by"] = "月结", "2026-04-01"
			g["also"] = []any{
				object{"orders": other["orders"]},
				object{"asks": []any{object{"field": "orders[0].deliver_by"}}},
			}
		case i%11 == 5:
			g["also"] = []any{object{"intent": "other", "orders": []any{}, "asks": []any{}}}
		case i%40 == 17:
			g["error"] = "can't be read"
		}
	}
	return gold
}

// spoilers make outputs that go wrong in one way each. A spoiler gets the line's number and a
// copy of the gold line to turn into output lines.
var spoilers = []struct {
	name  string
	spoil func(i int, out object) []object
}{
	{"dropped-line", func(i int, out object) []object {
		for _, o := range orders(out) {
			if lines := list(o, "lines"); len(lines) > 0 && i%3 == 0 {
				o["lines"] = lines[:len(lines)-1]
			} else if i%7 == 1 {
				o["lines"] = []any{}
				ask(out, "orders[0].lines", i%2 == 0)
			}
		}
		return []object{out}
	}},
	{"wrong-unit", func(i int, out object) []object {
		for m, o := range orders(out) {
			for k, l := range list(o, "lines") {
				if (i+k)%3 == 0 {
					l.(object)["unit"], l.(object)["base_quantity"] = "件", ""
					ask(out, fmt.Sprintf("orders[%d].lines[%d].unit", m, k), i%2 == 0)
				}
			}
		}
		return []object{out}
	}},
	{"missing-ask", func(i int, out object) []object {
		if asks := list(out, "asks"); len(asks) > 0 {
			out["asks"] = asks[i%2:]
			if i%5 == 0 {
				out["asks"] = nil
			}
		}
		return []object{out}
	}},
	{"extra-order", func(i int, out object) []object {
		if all := list(out, "orders"); len(all) > 0 && i%2 == 0 {
			extra := copyOf(all[0].(object))
			extra["customer"] = "C040"
			if i%8 == 0 {
				extra["lines"] = []any{}
			}
			out["orders"] = append(all, extra)
			ask(out, fmt.Sprintf("orders[%d].customer", len(all)), i%6 == 0)
		} else if i%5 == 0 {
			out["orders"] = []any{}
			ask(out, "orders[0].lines", i%3 == 0)
		}
		return []object{out}
	}},
	{"wrong-intent", func(i int, out object) []object {
		intents := []string{"order", "change", "cancel", "status", "return", "urge", "inquiry", "confirm", "deny", "other"}
		if i%2 == 0 {
			out["intent"] = intents[i%len(intents)]
			ask(out, "intent", i%6 == 0)
		}
		if ref, _ := out["ref"].(string); i%3 == 0 && ref != "" {
			out["ref"] = ref[:len(ref)-1]
		} else if ref != "" {
			out["ref"] = " " + strings.ToLower(ref[:1]) + "-" + ref[1:]
		}
		return []object{out}
	}},
	{"missing-id", func(i int, out object) []object {
		switch i % 4 {
		case 0:
			return nil
		case 1:
			out["id"] = out["id"].(string) + "x"
		case 2:
			first := copyOf(out)
			first["intent"], first["orders"] = "other", nil
			return []object{first, out}
		}
		return []object{out}
	}},
	{"error-line", func(i int, out object) []object {
		switch i % 5 {
		case 0:
			return []object{{"id": out["id"], "error": "can't be read"}}
		case 1:
			out["error"] = ""
		case 2:
			return []object{{"id": out["id"], "intent": "order", "asks": []any{object{"field": "orders[0].lines", "reason": "missing"}}}}
		}
		return []object{out}
	}},
	{"swapped-asks", func(i int, out object) []object {
		for k, a := range list(out, "asks") {
			field := a.(object)["field"].(string)
			switch (i + k) % 6 {
			case 0:
				field = strings.Replace(field, "lines[0]", "lines[1]", 1)
			case 1:
				field = strings.Replace(field, "orders[0]", "orders[1]", 1)
			case 2:
				field = "orders[0].lines[0]"
			case 3:
				field = "orders[0]"
			case 4:
				field = strings.Replace(field, ".product", ".quantity", 1)
			}
			a.(object)["field"] = field
		}
		if odd := []string{"", "lines", "orders[0].lines", "orders[0].lines[0].quantity", "orders[0].客户"}; i%4 == 0 {
			ask(out, odd[i/4%len(odd)], true)
		}
		return []object{out}
	}},
	{"other-spelling", func(i int, out object) []object {
		slices.Reverse(list(out, "orders"))
		for _, o := range orders(out) {
			slices.Reverse(list(o, "lines"))
			if phone := text(o, "phone"); phone != "" {
				o["phone"] = phone[:3] + "-" + phone[3:]
			}
			o["address"] = "，" + text(o, "address") + "（ ）"
			o["contact"] = nil
			o["urgent"] = map[bool]any{true: 1, false: 0}[o["urgent"] == true]
			o["deliver_by"] = strings.Replace(text(o, "deliver_by"), ":00+", ":00:00+", i%2)
			for k, l := range list(o, "lines") {
				line := l.(object)
				delete(line, "gift")
				if q := text(line, "quantity"); q != "" && !strings.Contains(q, ".") {
					line["quantity"] = json.Number(q)
					line["base_quantity"] = text(line, "base_quantity") + []string{"", ".0", ".5"}[(i+k)%3]
				}
				if p := text(line, "price"); p != "" {
					line["price"] = "1," + p
				}
			}
		}
		return []object{out}
	}},
	{"wrong-fields", func(i int, out object) []object {
		names := []string{"customer", "deliver_by", "carrier", "contact", "phone", "address", "payment", "po", "note"}
		name := names[i%len(names)]
		for m, o := range orders(out) {
			o[name] = text(o, name) + "1"
			ask(out, fmt.Sprintf("orders[%d].%s", m, name), i%3 == 0)
			if i%4 == 0 {
				o["payment"], o["deliver_by"] = "月结", "2026-04-01"
			}
			for k, l := range list(o, "lines") {
				line := l.(object)
				if (i+k)%9 == 0 {
					line["gift"] = line["gift"] != true
				}
				if (i+k)%9 == 4 {
					line["product"] = "P999"
					ask(out, fmt.Sprintf("orders[%d].lines[%d].product", m, k), k%2 == 0)
				}
			}
		}
		return []object{out}
	}},
}

// spoiledFiles returns the gold and the ten spoiled outputs by file name.
func spoiledFiles(t *testing.T) map[string][]byte {
	t.Helper()
	gold := goldLines(t)
	files := map[string][]byte{"gold.jsonl": lines(t, gold)}
	for n, s := range spoilers {
		var outputs []object
		for i, g := range gold {
			out := copyOf(g)
			if also := list(out, "also"); len(also) > 0 && i%2 == 1 {
				maps.Copy(out, also[i/2%len(also)].(object))
			}
			for _, k := range []string{"also", "tags", "error"} {
				delete(out, k)
			}
			outputs = append(outputs, s.spoil(i, out)...)
		}
		files[fmt.Sprintf("spoiled-%02d-%s.jsonl", n+1, s.name)] = lines(t, outputs)
	}
	return files
}

func lines(t *testing.T, objects []object) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, o := range objects {
		require.NoError(t, e.Encode(compact(o)))
	}
	return b.Bytes()
}

// compact drops empty texts, so that the judges also meet members that are not there.
func compact(v any) any {
	switch v := v.(type) {
	case object:
		kept := object{}
		for k, x := range v {
			if x != "" || k == "error" {
				kept[k] = compact(x)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, x := range v {
			kept[i] = compact(x)
		}
		return kept
	}
	return v
}

func copyOf(o object) object {
	data, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	var c object
	if err := json.Unmarshal(data, &c); err != nil {
		panic(err)
	}
	return c
}

func list(o object, key string) []any { l, _ := o[key].([]any); return l }

func text(o object, key string) string { s, _ := o[key].(string); return s }

func orders(out object) []object {
	all := list(out, "orders")
	orders := make([]object, len(all))
	for i, o := range all {
		orders[i] = o.(object)
	}
	return orders
}

// ask adds a question where it is wanted.
func ask(out object, field string, wanted bool) {
	if wanted {
		out["asks"] = append(list(out, "asks"), object{"field": field})
	}
}
