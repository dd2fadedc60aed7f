package intake

import (
	"cmp"
	"slices"
	"sort"
)

// nameTable finds the names that stand at a place of a text.
type nameTable struct {
	base *nameList
	over *nameList // names whose products or customers changed since, with those that they have now
}

// nameList are names in order.
type nameList struct {
	names []tableName
	heads map[uint64][2]int32 // which names begin with two characters, or are the one
	leads runeSet             // with which characters they begin
}

type tableName struct {
	text []rune
	ids  []int32
}

// newNameList makes a list of names, of which several may be the same.
func newNameList(names []tableName) *nameList {
	type place struct {
		key uint64 // the first three characters: most names differ there
		at  int32
	}
	order := make([]place, len(names))
	size := 0
	for i, n := range names {
		order[i].at = int32(i)
		size += len(n.text)
		for k := range 3 {
			order[i].key <<= 21
			if k < len(n.text) {
				order[i].key |= uint64(n.text[k]) //nolint:gosec // never negative
			}
		}
	}
	slices.SortFunc(order, func(a, b place) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return slices.Compare(names[a.at].text, names[b.at].text)
	})
	list, texts := make([]tableName, 0, len(names)), make([]rune, 0, size) // what is compared with one another lies side by side
	for _, o := range order {
		n := names[o.at]
		if k := len(list) - 1; k >= 0 && slices.Equal(list[k].text, n.text) {
			ids := slices.Concat(list[k].ids, n.ids)
			slices.Sort(ids)
			list[k].ids = slices.Compact(ids)
			continue
		}
		texts = append(texts, n.text...)
		list = append(list, tableName{texts[len(texts)-len(n.text):], n.ids})
	}
	return newSorted(list)
}

func newSorted(names []tableName) *nameList {
	l := &nameList{names: names, heads: make(map[uint64][2]int32, len(names)/4)}
	for from := 0; from < len(names); {
		h, to := nameHead(names[from].text), from+1
		for to < len(names) && nameHead(names[to].text) == h {
			to++
		}
		l.heads[h] = [2]int32{int32(from), int32(to)}
		l.leads.set(names[from].text[0])
		from = to
	}
	return l
}

func nameHead(r []rune) uint64 {
	if len(r) == 1 {
		return gram(r[0], 0)
	}
	return gram(r[0], r[1])
}

// at calls found for every name that stands at r[i:], shortest first.
func (l *nameList) at(r []rune, i int, found func(n *tableName, to int)) {
	if l == nil || i >= len(r) || r[i] < 1<<16 && !l.leads.has(r[i]) {
		return
	}
	if span, ok := l.heads[gram(r[i], 0)]; ok {
		found(&l.names[span[0]], i+1)
	}
	if i+1 >= len(r) {
		return
	}
	span, ok := l.heads[gram(r[i], r[i+1])]
	if !ok {
		return
	}
	lo, hi := int(span[0]), int(span[1])
	for k := 2; ; k++ {
		if lo < hi && len(l.names[lo].text) == k {
			found(&l.names[lo], i+k)
			lo++
		}
		if i+k >= len(r) || lo >= hi {
			return
		}
		c := r[i+k]
		lo += sort.Search(hi-lo, func(n int) bool { return l.names[lo+n].text[k] >= c })
		hi = lo + sort.Search(hi-lo, func(n int) bool { return l.names[lo+n].text[k] > c })
	}
}

// get returns the name that is the whole of r, or nil.
func (l *nameList) get(r []rune) *tableName {
	if l == nil || len(r) == 0 {
		return nil
	}
	span, ok := l.heads[nameHead(r)]
	if !ok {
		return nil
	}
	in := l.names[span[0]:span[1]]
	if i, ok := slices.BinarySearchFunc(in, r, func(n tableName, r []rune) int { return slices.Compare(n.text, r) }); ok {
		return &in[i]
	}
	return nil
}

// at calls found for every name that stands at r[i:], shortest first.
func (t *nameTable) at(r []rune, i int, found func(n *tableName, to int)) {
	if t.over == nil {
		t.base.at(r, i, found)
		return
	}
	type hit struct {
		n  *tableName
		to int
	}
	var hits []hit
	t.over.at(r, i, func(n *tableName, to int) { hits = append(hits, hit{n, to}) })
	if len(hits) == 0 {
		t.base.at(r, i, found)
		return
	}
	t.base.at(r, i, func(n *tableName, to int) {
		if !slices.ContainsFunc(hits, func(h hit) bool { return h.to == to }) {
			hits = append(hits, hit{n, to})
		}
	})
	slices.SortFunc(hits, func(a, b hit) int { return a.to - b.to })
	for _, h := range hits {
		if len(h.n.ids) > 0 {
			found(h.n, h.to)
		}
	}
}

// longest returns the longest name at r[i:], or nil.
func (t *nameTable) longest(r []rune, i int) (name *tableName, to int) {
	t.at(r, i, func(n *tableName, e int) { name, to = n, e })
	return name, to
}

// beginningWith calls found for every longer name that begins with r, of two characters or more.
func (t *nameTable) beginningWith(r []rune, found func(n *tableName)) {
	each := func(l, hidden *nameList) {
		if l == nil {
			return
		}
		span := l.heads[nameHead(r)]
		for i := span[0]; i < span[1]; i++ {
			if n := &l.names[i]; len(n.text) > len(r) && slices.Equal(n.text[:len(r)], r) && hidden.get(n.text) == nil {
				found(n)
			}
		}
	}
	each(t.over, nil)
	each(t.base, t.over)
}

// ids are those of the name that is the whole of r.
func (t *nameTable) ids(r []rune) []int32 {
	n := t.over.get(r)
	if n == nil {
		n = t.base.get(r)
	}
	if n == nil {
		return nil
	}
	return n.ids
}

// beginning are ids of the names of two characters or more that begin with c: all, or n of them.
func (t *nameTable) beginning(c rune, n int) []int32 {
	var out []int32
	add := func(l *nameList, hidden *nameList) {
		if l == nil {
			return
		}
		from := sort.Search(len(l.names), func(i int) bool { return l.names[i].text[0] >= c })
		for ; from < len(l.names) && l.names[from].text[0] == c && len(out) < n; from++ {
			if one := &l.names[from]; len(one.text) > 1 && hidden.get(one.text) == nil {
				out = append(out, one.ids[:min(n, len(one.ids))]...)
			}
		}
	}
	add(t.over, nil)
	add(t.base, t.over)
	return out
}

// change is t with id no longer called by the names of was but by those of is.
func (t *nameTable) change(id int32, was, is [][]rune) nameTable {
	now := map[string][]int32{}
	if t.over != nil {
		for _, n := range t.over.names {
			now[string(n.text)] = n.ids
		}
	}
	for _, r := range was {
		now[string(r)] = without(t.idsIn(now, r), id)
	}
	for _, r := range is {
		now[string(r)] = with(t.idsIn(now, r), id)
	}
	names := make([]tableName, 0, len(now))
	for k, ids := range now {
		names = append(names, tableName{[]rune(k), ids})
	}
	slices.SortFunc(names, func(a, b tableName) int { return slices.Compare(a.text, b.text) })
	return nameTable{t.base, newSorted(names)}
}

func (t *nameTable) idsIn(now map[string][]int32, r []rune) []int32 {
	if ids, ok := now[string(r)]; ok {
		return ids
	}
	return t.ids(r)
}
