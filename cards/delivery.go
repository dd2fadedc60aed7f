package cards

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"orderbot/orders"
)

// promiseDay writes the day of a promise as people say it, "" where there is none.
func promiseDay(p *orders.Promise) string {
	if p == nil || p.Day == "" {
		return ""
	}
	return Wanted(p.Day, p.At)
}

// promiseVerb says what happens on the day of a promise.
func promiseVerb(p *orders.Promise) string {
	if p.Fetched {
		return "可以来取"
	}
	return "送到"
}

// wantedBeside says by when an order is wanted, and warns where the goods are expected later.
func wantedBeside(o *orders.Order, p *orders.Promise, none string) string {
	wanted := wantedBy(o)
	switch {
	case wanted == "":
		return none
	case p.Misses(o.Wanted()):
		return wanted + "，⚠️ 最早 " + shortDay(p.Day) // no more: it has to fit into a fact of a card
	default:
		return wanted
	}
}

// promiseInShort is a promise with its parts in one line: 3月16日 周一：备货 3月12日，运输 2 天，天气 +1 天.
func promiseInShort(p *orders.Promise) string {
	if p == nil {
		return ""
	}
	if p.Unknown != "" {
		return "定不了，" + p.Unknown
	}
	var parts []string
	for _, x := range p.Parts {
		switch x.Name {
		case "运输", "产线排队", "生产":
			parts = append(parts, fmt.Sprintf("%s %d 天", x.Name, x.Days))
		case "天气":
			parts = append(parts, fmt.Sprintf("天气 +%d 天", x.Days))
		default:
			parts = append(parts, x.Name+" "+shortDay(x.Until))
		}
	}
	words := promiseDay(p) + "：" + strings.Join(parts, "，")
	if unknown := holidaysUnknown(p); unknown != "" {
		words += "（" + unknown + "）"
	}
	return words
}

// holidaysUnknown says that the day of a promise is made without the public holidays of a year, "" where they are known.
func holidaysUnknown(p *orders.Promise) string {
	if p == nil || p.Lacks == 0 {
		return ""
	}
	return fmt.Sprintf("⚠️ %d 年的放假安排还没有，没算进去", p.Lacks)
}

// PromiseView is what an order's expected day is shown with.
type PromiseView struct {
	Now         *orders.Promise // worked out anew; nil: nothing is to come any more
	ForCustomer bool            // without what stands before the order on a production line, and the warehouse's hours
}

// Promised answers 「交期 SO…」: the day on which an order is expected, and its parts.
func Promised(o *orders.Order, v PromiseView) Message {
	p := o.Work.Promise
	if p == nil || o.Status == orders.StatusDraft {
		p = v.Now
	}
	id := string(o.ID)
	switch {
	case o.Status == orders.StatusDelivered:
		return Message{Text: join("\n", "交期 "+id+"：已在 "+when(o.Reached[o.Status])+" 签收", expectedBefore(p))}
	case v.Now == nil:
		return Message{Text: "交期 " + id + "：" + o.Status.String()}
	}
	head := "交期 " + id + "：还定不了，" + p.Unknown
	if p.Day != "" {
		head = "交期 " + id + "：预计 " + promiseDay(p) + " " + promiseVerb(p)
	}
	rows := []string{head}
	if o.Status == orders.StatusDraft {
		rows = append(rows, "（草稿，确认以后才算）")
	}
	if o.Wanted() != "" {
		row := "要求 " + wantedBy(o)
		if p.Misses(o.Wanted()) {
			row += "，⚠️ 赶不上"
		}
		rows = append(rows, row)
	}
	for i, x := range p.Parts {
		rows = append(rows, fmt.Sprintf("%d %s", i+1, promisePart(x, v.ForCustomer)))
	}
	if words := holidaysUnknown(p); words != "" && v.Now.Lacks != 0 { // they may have come since
		rows = append(rows, words)
	}
	if p.Was != "" && p.Was != p.Day {
		rows = append(rows, "原来说 "+shortDay(p.Was))
	}
	if n := v.Now; n != p && n.Day != p.Day && (n.Day == "" || n.Day > p.Day) {
		if n.Day == "" {
			rows = append(rows, "⚠️ 按现在的情况："+n.Unknown)
		} else {
			rows = append(rows, "⚠️ 按现在的情况要到 "+promiseInShort(n))
		}
	}
	return Message{Text: clipBytes(strings.Join(rows, "\n"), TextLimit)}
}

func expectedBefore(p *orders.Promise) string {
	if p == nil || p.Day == "" {
		return ""
	}
	return "原来预计 " + promiseDay(p)
}

// promisePart says one part: 运输：顺丰 华东 2 天，3月14日.
func promisePart(x orders.PromisePart, forCustomer bool) string {
	var words []string
	why := x.Why
	switch x.Name {
	case "运输":
		code, region, _ := strings.Cut(why, " ")
		if region == "全国" {
			region = ""
		}
		words = append(words, join(" ", carrier(code), region, fmt.Sprintf("%d 天", x.Days)))
		why = ""
	case "天气":
		words = append(words, fmt.Sprintf("%s，+%d 天", why, x.Days))
		why = ""
	case "产线排队", "生产":
		words = append(words, fmt.Sprintf("%d 个工作日", x.Days))
	}
	words = append(words, shortDay(x.Until))
	row := x.Name + "：" + strings.Join(words, "，")
	if why != "" && !forCustomer {
		row += "（" + why + "）"
	}
	return row
}

// newDay tells the day on which goods are expected now, "" where none is known.
func newDay(o *orders.Order) string {
	if p := o.Work.Promise; p != nil && p.Day != "" && !o.Status.Ended() {
		return "现在预计 " + promiseDay(p) + "。"
	}
	return ""
}

// expectedDay tells when an order is expected, "" where nobody knows.
func expectedDay(o *orders.Order) string {
	day := promiseDay(o.Work.Promise)
	if day == "" {
		return ""
	}
	if o.Work.Promise.Fetched {
		return "预计可以来取：" + day
	}
	return "预计送达：" + day
}

// WeatherList shows what is noted of the weather (天气).
func WeatherList(list []orders.Weather, catalog *orders.Catalog) Message {
	if len(list) == 0 {
		return Message{Text: "没有登记影响运输的天气。登记：「天气 华东 +1天 至 3月22日 暴雪」"}
	}
	rows := []string{"影响运输的天气"}
	for _, x := range list {
		who := "设置里写的"
		if s := catalog.StaffByCode(x.By); s != nil {
			who = s.Name
		}
		rows = append(rows, join(" ", WeatherWords(x), "（"+who+"）"))
	}
	return Message{Text: clipBytes(strings.Join(append(rows, "提前恢复了：「天气 "+list[0].Region+" 恢复」"), "\n"), TextLimit)}
}

// LineLoad are the rows of the board about what the production lines have to do (产线负荷).
func LineLoad(load []orders.Made, terms *orders.DeliveryTerms) []string {
	waiting, begun := make(map[string]int), make(map[string]int)
	for _, m := range load {
		if m.Begun {
			begun[m.Line]++
		} else {
			waiting[m.Line]++
		}
		waiting[m.Line] += 0 // so that each line stands there
	}
	var rows []string
	for _, line := range slices.Sorted(maps.Keys(waiting)) {
		name := line
		if name == "" {
			name = "没说哪条线"
		}
		row := fmt.Sprintf("产线负荷 %s：排着 %d 单，在做 %d 单", name, waiting[line], begun[line])
		if daily := terms.LineOrders(line); waiting[line] > 0 {
			row += fmt.Sprintf("，%d 个工作日能开完", (waiting[line]+daily-1)/daily)
		}
		rows = append(rows, row)
	}
	return rows
}

// WeatherWords says one entry: 华东 3月11日 至 3月22日 路上多 1 天 暴雪.
func WeatherWords(x orders.Weather) string {
	return join(" ", x.Region, shortDay(x.From), "至", shortDay(x.Until), fmt.Sprintf("路上多 %d 天", x.Days), x.Why)
}

// promisedBefore says what was promised before an event, in brackets.
func promisedBefore(was string) string {
	if was == "" {
		return ""
	}
	return "（原来说 " + shortDay(was) + "）"
}

// toldPromise tells the staff that an order is expected on another day.
func toldPromise(o *orders.Order, was string) []string {
	return []string{string(o.ID) + " 预计 " + promiseDay(o.Work.Promise) + " " + promiseVerb(o.Work.Promise) + promisedBefore(was), customerName(o, nil), promiseInShort(o.Work.Promise)}
}

// keepsNow tells whether an event's promise is still to be told.
func keepsNow(o *orders.Order) bool {
	return o.Work.Promise != nil && o.Work.Promise.Day != "" && !o.Status.Ended() && o.Status != orders.StatusReturning
}
