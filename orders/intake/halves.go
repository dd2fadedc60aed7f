package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

// halfPlaces fits goods that go to two places by halves: 一半送苏州一半送南京.
var halfPlaces = regexp.MustCompile(`[,，;；:：]?\s*一半(?:先)?(?:送|发|寄|运)(?:到|去|往|至|给)?\s*([^\s,，。;；、:：]{2,40}?)[,，;；、\s]*(?:另外?|剩下的?|其余的?)?一半(?:送|发|寄|运)(?:到|去|往|至|给)?\s*([^\s,，。;；、:：]{2,40})`)

// placeWords are in the names of places that are no more than an address.
var placeWords = []string{"路", "街", "号", "店", "仓", "院", "厂", "库", "园区", "大道", "校区", "小区", "村"}

// halves takes the places to which goods go by halves out of a text, blanks in their stead.
func halves(text string) (rest string, places [2]string, ok bool) {
	m := halfPlaces.FindStringSubmatchIndex(text)
	if m == nil {
		return text, places, false
	}
	for i := range places {
		places[i] = text[m[2+2*i]:m[3+2*i]]
		_, isRegion := regionAt([]rune(places[i]))
		if !isRegion && !says(places[i], placeWords) {
			return text, places, false
		}
	}
	return text[:m[0]] + strings.Repeat(" ", utf8.RuneCountInString(text[m[0]:m[1]])) + text[m[1]:], places, places[0] != places[1]
}

// regionAt tells where the region ends that a text begins with.
func regionAt(r []rune) (to int, ok bool) {
	name, to := chinaRegions().names.longest(r, 0)
	return to, name != nil
}

// shareOut makes two orders of the one that was read, each with half of the goods for its place. It returns false where there is
// not one order with goods.
func shareOut(res *Result, next *Thread, places [2]string) bool {
	if res.Intent != IntentOrder || len(res.Orders) != 1 || len(res.Orders[0].Lines) == 0 || len(next.Orders) != 1 {
		return false
	}
	whole := res.Orders[0]
	drafts := []Draft{whole, whole}
	var asks []Ask
	list, _ := res.Explain.([]Explanation)
	var explained []Explanation
	for i := range drafts {
		d := &drafts[i]
		d.Address, d.Lines = places[i], slices.Clone(whole.Lines)
		at := func(field string) string {
			return fmt.Sprintf("orders[%d]%s", i, strings.TrimPrefix(field, "orders[0]"))
		}
		for _, a := range res.Asks {
			if a.Field != "orders[0].address" {
				a.Field = at(a.Field)
				asks = append(asks, a)
			}
		}
		for _, e := range list {
			if e.Field != "orders[0].address" {
				e.Field = at(e.Field)
				explained = append(explained, e)
			}
		}
		if to, ok := regionAt([]rune(places[i])); ok && to == utf8.RuneCountInString(places[i]) {
			asks = append(asks, Ask{Field: at("orders[0].address"), Reason: ReasonUnusual, Text: "送" + places[i] + "的完整地址是？"})
		}
		for k := range d.Lines {
			l := &d.Lines[k]
			quantity, err := decimal.NewFromString(l.Quantity)
			if err != nil || !quantity.IsPositive() {
				continue
			}
			part := quantity.Div(two)
			base, err := decimal.NewFromString(l.BaseQuantity)
			if err == nil && !base.Div(two).IsInteger() || err != nil && !part.IsInteger() {
				if part = part.Floor(); i == 0 {
					part = quantity.Sub(part)
				}
				asks = append(asks, Ask{
					Field: at(fmt.Sprintf("orders[0].lines[%d].quantity", k)), Reason: ReasonAmbiguous, Said: l.Quantity + l.Unit,
					Text: fmt.Sprintf("%s%s 分不成两半，%s送多少？", l.Quantity, l.Unit, places[i]), Options: []string{part.String(), quantity.Sub(part).String()},
				})
			}
			if err == nil {
				l.BaseQuantity = base.Div(quantity).Mul(part).String()
			}
			l.Quantity = part.String()
		}
	}
	res.Orders, res.Asks = drafts, asks
	if list != nil {
		res.Explain = explained
	}
	next.Orders, next.Asks = slices.Clone(drafts), slices.Clone(asks)
	if len(next.Words) == 1 {
		next.Words = [][]string{next.Words[0], slices.Clone(next.Words[0])}
	}
	return true
}

var two = decimal.NewFromInt(2)
