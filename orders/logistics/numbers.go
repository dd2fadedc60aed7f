package logistics

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orderbot/orders"
)

// Candidate is a carrier whose tracking number a text may be.
type Candidate struct {
	Carrier string // code
	// Sure tells that the number's letters leave no other carrier. Digits alone never do.
	Sure bool
	// Question says for people what is wrong with the number, empty where nothing is.
	Question string
}

// shape is a form of tracking numbers. There is no official list: these are the forms of an open
// validator of 2024 and, with a higher rank, older and looser ones.
type shape struct {
	carrier string
	number  *regexp.Regexp
	sure    bool
	rank    int // 1: in use today, 2: older, 3: seen
}

var shapes = []shape{
	{"SF", regexp.MustCompile(`^SF[0-9A-Z]\d{12}$`), true, 1},
	{"YTO", regexp.MustCompile(`^YT\d{12,13}$`), true, 1},
	{"JD", regexp.MustCompile(`^JD[0-9A-Z]{2}\d{11}$`), true, 1},
	{"DEPPON", regexp.MustCompile(`^DPK\d{12}$`), true, 1},
	{"JT", regexp.MustCompile(`^JT\d{13}$`), true, 1},
	{"YUNDA", regexp.MustCompile(`^YD\d{10,15}$`), true, 1},
	{"EMS", regexp.MustCompile(`^P[A-Z]\d{11}$`), true, 1},

	{"ZTO", regexp.MustCompile(`^7[34568]\d{12}$`), false, 1},
	{"STO", regexp.MustCompile(`^77\d{13}$`), false, 1},
	{"YUNDA", regexp.MustCompile(`^[34]\d{14}$|^5\d{12}$`), false, 1},
	{"EMS", regexp.MustCompile(`^[189]\d{12}$`), false, 1},
	{"CAINIAO", regexp.MustCompile(`^621\d{12}$`), false, 1},
	{"DEPPON", regexp.MustCompile(`^\d{8,10}$`), false, 1},
	{"STO", regexp.MustCompile(`^43\d{12,15}$`), false, 1},
	{"SF", regexp.MustCompile(`^\d{12}$`), false, 2},
	{"ZTO", regexp.MustCompile(`^\d{12}$|^7[79]\d{12}$`), false, 2},
	{"STO", regexp.MustCompile(`^\d{12,13}$`), false, 2},
	{"YUNDA", regexp.MustCompile(`^[134]\d{12}$`), false, 2},
	{"YUNDA", regexp.MustCompile(`^77\d{13}$`), false, 3},
	{"STO", regexp.MustCompile(`^77\d{12}$`), false, 3},
}

// prefixes are the letters that belong to one carrier, and how its numbers go on.
var prefixes = []struct {
	carrier, letters, form string
	length                 int
}{
	{"SF", "SF", "SF 加 13 位", 15},
	{"YTO", "YT", "YT 加 13 位数字", 15},
	{"JD", "JD", "JD 加 13 位", 15},
	{"DEPPON", "DPK", "DPK 加 12 位数字", 15},
	{"JT", "JT", "JT 加 13 位数字", 15},
}

var (
	packageSuffix = regexp.MustCompile(`^(JD[0-9A-Z]{13})-\d+-\d+-?$`)
	s10           = regexp.MustCompile(`^[A-Z]{2}(\d{8})(\d)[A-Z]{2}$`)
	phone         = regexp.MustCompile(`^1\d{10}$`)
	idNumber      = regexp.MustCompile(`^\d{17}[\dX]$`)
)

// Normalise writes a tracking number as the carriers do: half width, upper case, no blanks or
// hyphens, without the package suffix of JD. A letter is never turned into a digit.
func Normalise(number string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case r == '—' || r == '–' || r == '－':
			r = '-'
		}
		if r == ' ' || r == '\t' || r == '\u3000' || r == '\u00a0' || r == '\u200b' {
			return -1
		}
		return r
	}, number)
	s = strings.ToUpper(s)
	if m := packageSuffix.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return strings.ReplaceAll(s, "-", "")
}

// Identify returns the carriers whose tracking number this may be, likeliest first; none where it
// looks like no tracking number, or like a phone or identity number.
func Identify(number string) []Candidate {
	number = Normalise(number)
	if phone.MatchString(number) || idNumber.MatchString(number) {
		return nil
	}
	if m := s10.FindStringSubmatch(number); m != nil {
		c := Candidate{Carrier: "EMS", Sure: true}
		if want := s10Check(m[1]); m[2] != want {
			c.Question = fmt.Sprintf("国际邮件号 %s 的校验位不对（第 11 位应是 %s），请核对有没有抄错", number, want)
		}
		return []Candidate{c}
	}
	var out []Candidate
	for rank := 1; rank <= 3; rank++ {
		for _, s := range shapes {
			known := slices.ContainsFunc(out, func(c Candidate) bool { return c.Carrier == s.carrier })
			if s.rank == rank && !known && s.number.MatchString(number) {
				out = append(out, Candidate{Carrier: s.carrier, Sure: s.sure})
			}
		}
	}
	if out != nil {
		return out
	}
	for _, p := range prefixes {
		if strings.HasPrefix(number, p.letters) {
			return []Candidate{{Carrier: p.carrier, Sure: true, Question: wrongForm(number, p.carrier, p.form, p.length)}}
		}
	}
	return nil
}

// Check returns a question where a number is none of the carrier's, "" where it may be one. The
// person's word on the carrier counts: only what can't be right is questioned.
func Check(carrier, number string) string {
	number = Normalise(number)
	if carrier == Self {
		return ""
	}
	found := Identify(number)
	for _, c := range found {
		if c.Carrier == carrier {
			return c.Question
		}
	}
	if len(found) > 0 && found[0].Sure {
		if found[0].Question != "" {
			return found[0].Question
		}
		return fmt.Sprintf("运单号 %s 看着是%s的，不是%s的，请核对", number, Name(found[0].Carrier), Name(carrier))
	}
	for _, p := range prefixes {
		if p.carrier == carrier {
			return wrongForm(number, carrier, p.form, p.length)
		}
	}
	known := slices.ContainsFunc(shapes, func(s shape) bool { return s.carrier == carrier })
	if known || len(number) < 6 {
		return fmt.Sprintf("运单号 %s 共 %d 位，不像%s的运单号，请核对", number, len(number), Name(carrier))
	}
	return ""
}

// wrongForm says how a number differs from its carrier's form.
func wrongForm(number, carrier, form string, length int) string {
	s := fmt.Sprintf("%s运单号应是 %s", Name(carrier), form)
	switch n := len(number); {
	case n < length:
		s += fmt.Sprintf("，%s 少了 %d 位", number, length-n)
	case n > length:
		s += fmt.Sprintf("，%s 多了 %d 位", number, n-length)
	default:
		s += fmt.Sprintf("，%s 里有不该有的字母", number)
		if strings.ContainsAny(number[2:], "OIL") {
			s += "（字母 O 和数字 0、字母 I 和数字 1 容易看混）"
		}
	}
	return s + "，请核对"
}

// s10Check returns the check digit of an international postal number's eight digits (UPU S10).
func s10Check(digits string) string {
	weights := [8]int{8, 6, 4, 2, 3, 5, 9, 7}
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	switch check := 11 - sum%11; check {
	case 10:
		return "0"
	case 11:
		return "5"
	default:
		return fmt.Sprint(check)
	}
}

// Waybill is what somebody wrote about a parcel. Where Question is not empty, it has to be
// answered before the parcel can be recorded.
type Waybill struct {
	Carrier  string
	Number   string
	Question string
	// Options are the codes of the carriers between which the number leaves the choice.
	Options []string
}

var token = regexp.MustCompile(`[0-9A-Za-z０-９Ａ-Ｚａ-ｚ][0-9A-Za-z０-９Ａ-Ｚａ-ｚ－-]*`)

// Read finds carrier and tracking number in what stands after 「发货 SO…」: 顺丰 SF1234567890123,
// SF1234567890123, 单号 7731234567890 申通, 自提. The number may be written in groups.
func Read(text string) Waybill {
	var w Waybill
	_, text = orders.FindOrderIDs(text)
	best := 0
	for _, c := range carriers {
		for _, word := range append([]string{c.Name, c.Code}, c.words...) {
			if len(word) > best && hasWord(text, word) {
				w.Carrier, best = c.Code, len(word)
			}
		}
	}
	w.Number = readNumber(text)
	if w.Carrier == Self {
		w.Number = ""
		return w
	}
	if w.Number == "" {
		w.Question = "没看到运单号，请写成「发货 订单号 运单号」，例如「发货 SO202603110012 SF1234567890123」；客户自己来取就写「自提」"
		return w
	}
	if w.Carrier != "" {
		w.Question = Check(w.Carrier, w.Number)
		return w
	}
	found := Identify(w.Number)
	switch {
	case len(found) == 0:
		w.Question = fmt.Sprintf("认不出运单号 %s 是哪家的，请核对，或者写明是哪家快递", w.Number)
	case found[0].Sure:
		w.Carrier, w.Question = found[0].Carrier, found[0].Question
	default:
		var names []string
		for _, c := range found {
			w.Options = append(w.Options, c.Carrier)
			names = append(names, Name(c.Carrier))
		}
		w.Question = fmt.Sprintf("运单号 %s 光看数字分不出是哪家（可能是%s），请写明，例如「%s %s」", w.Number, strings.Join(names, "、"), names[0], w.Number)
	}
	return w
}

// hasWord tells whether a carrier's word stands in the text; one of letters must stand alone.
func hasWord(text, word string) bool {
	if word[0] >= 0x80 {
		return strings.Contains(text, word)
	}
	return slices.ContainsFunc(token.FindAllString(text, -1), func(t string) bool { return Normalise(t) == word })
}

// readNumber returns the text's tracking number: its longest token with enough digits, or its
// tokens joined where the number is written in groups.
func readNumber(text string) string {
	var tokens []string
	best := ""
	for _, t := range token.FindAllString(text, -1) {
		n := Normalise(t)
		if strings.ContainsAny(n, "0123456789") || isPrefix(n) {
			tokens = append(tokens, n)
		}
		if len(n) > len(best) {
			best = n
		}
	}
	if joined := strings.Join(tokens, ""); len(tokens) > 1 {
		alone, together := Identify(best), Identify(joined)
		isBetter := len(alone) == 0 && len(together) > 0
		if len(together) > 0 && together[0].Sure && together[0].Question == "" && (len(alone) == 0 || !alone[0].Sure) {
			isBetter = true
		}
		if isBetter {
			return joined
		}
	}
	if len(best) < 6 || !strings.ContainsAny(best, "0123456789") {
		return ""
	}
	return best
}

func isPrefix(s string) bool {
	for _, p := range prefixes {
		if p.letters == s {
			return true
		}
	}
	return false
}
