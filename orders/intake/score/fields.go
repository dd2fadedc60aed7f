package score

import "slices"

// taken counts the fields of the drafts that out makes without any question, and how many of them are as gold has
// them: IN-24 of the features. A field counts where it is filled on either side; base_quantity follows from others and does
// not count. All fields of an order or line that is missing, or was not ordered, are wrong.
func taken(gold, out Output) Share {
	var s Share
	if len(out.Orders) == 0 || len(out.Asks) > 0 || truthy(out.Error) {
		return s
	}
	count := func(fields []string, g, o Record) {
		for _, f := range fields {
			if f == "base_quantity" || !filled(f, g) && !filled(f, o) {
				continue
			}
			s.Of++
			if g != nil && o != nil && same(f, g, o) {
				s.Right++
			}
		}
	}
	each := func(gold, out []Record, like func(a, b Record) int, do func(g, o Record)) {
		pairs := pair(gold, out, like)
		var met []int
		for i, g := range gold {
			var o Record
			if k, found := pairs[i]; found {
				o, met = out[k], append(met, k)
			}
			do(g, o)
		}
		for k, o := range out {
			if !slices.Contains(met, k) {
				do(nil, o)
			}
		}
	}
	each(gold.Orders, out.Orders, orderLikeness, func(g, o Record) {
		count(orderFields, g, o)
		each(g.lines(), o.lines(), likeness, func(g, o Record) { count(lineFields, g, o) })
	})
	return s
}

// filled tells whether r says anything in a field.
func filled(field string, r Record) bool { return truthy(r[field]) && normalise(field, r[field]) != "" }
