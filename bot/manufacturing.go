package bot

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"orderbot/orders"
)

// Fields of a manufacturer's order that people say in words: 二级BOM, 优先级高, 先发手套, 木箱包装, 客户编码 K-2031.
var (
	bomLevel = regexp.MustCompile(`(?i)(?:物料)?BOM[ \t]*(?:层级|层次|级别|等级)[ \t]*[:：是为]?[ \t]*(第?[0-9一二三四五六七八九十]+[级层]?)|(?:物料)?BOM[ \t]*[:：是为]?[ \t]*(第?[0-9一二三四五六七八九十]+[级层])|(?:物料)?(第?[0-9一二三四五六七八九十]+[级层])(?:物料)?[ \t]*BOM|物料层级[ \t]*[:：是为]?[ \t]*(第?[0-9一二三四五六七八九十]+[级层]?)`)
	rank     = regexp.MustCompile(`(?:交付|交货|发货|订单)?优先级别?[ \t]*[:：是为]?[ \t]*((?:最高|特急|紧急|普通|[高中低急])级?|[Pp]?[0-9]级?|[一二三四五]级)`)
	packing  = regexp.MustCompile(`(?:特殊)?包装(?:要求|方式)[ \t]*[:：是为][ \t]*([^\s,，。;；\n]+)`)
	buyerIs  = regexp.MustCompile(`客户(?:编码|编号|代码|代号|号)[ \t]*[:：是为][ \t]*([0-9A-Za-z][0-9A-Za-z_-]*)|客户(?:编码|编号|代码|代号|号)[ \t]*((?:[A-Za-z]+[_-]?[0-9]|[0-9]+[_-]?[A-Za-z])[0-9A-Za-z_-]*)`)
	isLevel  = regexp.MustCompile(`(?:[级层高低急中]|普通|紧急)$`)

	packed = regexp.MustCompile(`包装|包好|[打钉装用上](?:好)?(?:木箱|木架|托盘?|缠绕膜|缠膜|气泡膜|泡沫)|缠膜|真空封`)
	sooner = regexp.MustCompile(`(?:优先|先)(?:发|送|做|出|交|安排|生产)([^\s,，。;；、!！?？]{1,20})`)
)

// takeManufacturing takes what names its field out of a text, as takeExtra does.
func (s *session) takeManufacturing(text string) string {
	for _, f := range []struct {
		name string
		said *regexp.Regexp
	}{{orders.ExtraBOM, bomLevel}, {orders.ExtraPriority, rank}, {orders.ExtraPacking, packing}, {orders.ExtraCustomerCode, buyerIs}} {
		var out strings.Builder
		done := 0
		for _, at := range f.said.FindAllStringSubmatchIndex(text, -1) {
			k := 2
			for at[k] < 0 {
				k += 2
			}
			value := text[at[k]:at[k+1]]
			next, _ := utf8.DecodeRuneInString(text[at[1]:])
			more := at[1] < len(text) && (unicode.IsLetter(next) || unicode.IsDigit(next)) // 优先级2, but 优先级2箱 is something else
			switch {
			case (f.name == orders.ExtraBOM || f.name == orders.ExtraPriority) && more && !isLevel.MatchString(value),
				f.name == orders.ExtraPacking && strings.ContainsAny(value, "0123456789"),
				f.name == orders.ExtraCustomerCode && s.books.Catalog.Customer(orders.CustomerCode(value)) != nil: // it names the customer
				continue
			}
			s.extra = with(s.extra, f.name, value)
			out.WriteString(text[done:at[0]])
			out.WriteString(strings.Repeat(" ", utf8.RuneCountInString(text[at[0]:at[1]])))
			done = at[1]
		}
		text = out.String() + text[done:]
	}
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return text
}

// with returns fields with one more.
func with(fields map[string]string, name, value string) map[string]string {
	if fields == nil {
		fields = make(map[string]string)
	}
	fields[name] = value
	return fields
}

// manufacture puts into an order what is said of it without the name of a field. What it takes from the note is no longer there.
func (s *session) manufacture(o *orders.Order) {
	for _, m := range sooner.FindAllStringSubmatch(s.message.Text, -1) {
		if s.has(o, m[1]) {
			o.Extra = with(o.Extra, orders.ExtraPriority, m[0])
		}
	}
	var rest, wishes []string
	for part := range strings.SplitSeq(o.Note, ";") {
		if packed.MatchString(part) {
			wishes = append(wishes, part)
		} else if part != "" {
			rest = append(rest, part)
		}
	}
	if len(wishes) > 0 {
		o.Extra = with(o.Extra, orders.ExtraPacking, strings.Join(wishes, "、"))
		o.Note = strings.Join(rest, ";")
	}
}

// has tells whether words name goods of an order: two letters of the name, or the code.
func (s *session) has(o *orders.Order, words string) bool {
	r := []rune(words)
	for i := range o.Lines {
		p := s.books.Catalog.Product(o.Lines[i].Product)
		if p == nil {
			continue
		}
		if strings.EqualFold(words, string(p.Code)) {
			return true
		}
		name := strings.Join(append([]string{p.Name, p.Spec}, p.Aliases...), " ")
		for k := 0; k+2 <= len(r); k++ {
			if strings.Contains(name, string(r[k:k+2])) {
				return true
			}
		}
	}
	return false
}
