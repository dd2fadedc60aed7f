package intake

import "time"

// DatesWithoutLead are the places of text where a date is read though its first character is not known to begin one.
func (x *Lexicon) DatesWithoutLead(text string, now time.Time) []string {
	t := newText(text)
	t.closeUp()
	c := x.clock(now)
	var out []string
	for i := range t.r {
		if w, ok := readPoint(t.r, i, c); ok && !mayBeDate(t.r, i) {
			out = append(out, string(t.r[i:w.to]))
		}
	}
	return out
}
