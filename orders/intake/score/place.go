package score

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"golang.org/x/text/unicode/norm"
)

// whole stands for the order itself in [place].line, and for neither order nor line in
// [place].order.
const whole = -1

// place is what an ask names: orders[0].lines[2].product is {0 2 product}, orders[0].customer is
// {0 whole customer}.
type place struct {
	order, line int
	field       string
}

// String names the place for people.
func (p place) String() string {
	if p.line == whole {
		return p.field
	}
	return p.field + " of line " + strconv.Itoa(p.line)
}

type places map[place]bool

var askPattern = regexp.MustCompile(`^orders\[(\d+)\](?:\.lines(?:\[(\d+)\])?)?(?:\.([\p{L}\p{N}_]+))?$`)

func askPlaces(asks []Ask) places {
	all := places{}
	for _, a := range asks {
		all[askPlace(text(a.Field))] = true
	}
	return all
}

func askPlace(field string) place {
	m := askPattern.FindStringSubmatch(field)
	if m == nil {
		return place{whole, whole, field}
	}
	p := place{line: whole, field: m[3]}
	p.order, _ = strconv.Atoi(m[1])
	if m[2] != "" {
		p.line, _ = strconv.Atoi(m[2])
	}
	if p.field == "" {
		p.field = "order"
		if strings.Contains(field, ".lines") {
			p.field = "lines"
		}
	}
	return p
}

// near tells whether an ask names the same line, or the same field of the same order.
func (ps places) near(due place) bool {
	for p := range ps {
		if p.order == due.order && (due.line != whole && p.line == due.line || due.line == whole && p.field == due.field) {
			return true
		}
	}
	return false
}

func (ps places) onOrder(order int) bool {
	for p := range ps {
		if p.order == order {
			return true
		}
	}
	return false
}

func (ps places) onLine(order, line int) bool {
	for p := range ps {
		if p.order == order && p.line == line {
			return true
		}
	}
	return false
}

// leaveOpen tells whether a gold line's field is not scored because it is asked about, or, for
// the base quantity, because what it follows from is.
func (ps places) leaveOpen(order, line int, field string) bool {
	return ps[place{order, line, field}] || field == "base_quantity" &&
		(ps[place{order, line, "product"}] || ps[place{order, line, "quantity"}] || ps[place{order, line, "unit"}])
}

var (
	punctuation = regexp.MustCompile(`[\s\p{Z},,。.、;;::()()\-—#]`)
	notDigit    = regexp.MustCompile(`\P{Nd}`)
	blankOrDash = regexp.MustCompile(`[\s\p{Z}\-]`)
	zeroSeconds = regexp.MustCompile(`:00(\+\d\d:\d\d)$`)
)

// same tells whether a field has the same meaning in two records.
func same(field string, a, b Record) bool {
	return normalise(field, a[field]) == normalise(field, b[field])
}

// normalise brings a field's value into the form in which it is compared: numbers by value,
// addresses and contacts without punctuation, phones by their digits.
func normalise(field string, value any) string {
	switch field {
	case "urgent", "gift":
		return strconv.FormatBool(truthy(value))
	case "quantity", "base_quantity", "price":
		return number(text(value))
	case "address", "contact":
		return punctuation.ReplaceAllString(norm.NFKC.String(text(value)), "")
	case "phone":
		return notDigit.ReplaceAllString(text(value), "")
	case "ref":
		return strings.ToUpper(blankOrDash.ReplaceAllString(text(value), ""))
	case "deliver_by":
		return zeroSeconds.ReplaceAllString(strings.TrimSpace(text(value)), "$1")
	}
	return strings.TrimSpace(text(value))
}

// number returns the canonical form of a number, and what is none as it stands.
func number(s string) string {
	d, err := decimal.NewFromString(strings.TrimSpace(strings.ReplaceAll(s, ",", "")))
	if err != nil {
		return s
	}
	return d.String()
}
