// Package logistics knows the carriers: their names and codes, the shapes of their tracking
// numbers, and what the states of tracking providers mean to a customer.
package logistics

import (
	"slices"
	"strings"
)

// Self is the code of "the customer fetches the goods" (自提): a parcel without a tracking number.
const Self = "SELF"

// Carrier is a parcel company.
type Carrier struct {
	Code string // as in orders: SF, ZTO …
	Name string // 顺丰
	// Com is the carrier's code at Kuaidi100, empty where it has none.
	Com   string
	words []string // other names, upper case
}

// carriers are the known ones. Com: platform documentation of Kuaidi100's poll/query.do.
var carriers = []Carrier{
	{Code: "SF", Name: "顺丰", Com: "shunfeng", words: []string{"顺丰快递", "顺丰速运", "顺丰速递", "順豐"}},
	{Code: "JD", Name: "京东", Com: "jd", words: []string{"京东快递", "京东物流", "京東"}},
	{Code: "EMS", Name: "邮政EMS", Com: "ems", words: []string{"邮政", "中国邮政", "邮政快递", "邮政速递", "郵政", "YOUZHENGGUONEI"}},
	{Code: "ZTO", Name: "中通", Com: "zhongtong", words: []string{"中通快递", "中通速递"}},
	{Code: "YTO", Name: "圆通", Com: "yuantong", words: []string{"圆通快递", "圆通速递", "圓通"}},
	{Code: "STO", Name: "申通", Com: "shentong", words: []string{"申通快递"}},
	{Code: "YUNDA", Name: "韵达", Com: "yunda", words: []string{"韵达快递", "韵达速递", "韻達", "YD"}},
	{Code: "DEPPON", Name: "德邦", Com: "debangkuaidi", words: []string{"德邦快递", "德邦物流", "DEBANGWULIU", "DPK"}},
	{Code: "JT", Name: "极兔", Com: "jtexpress", words: []string{"极兔速递", "极兔快递", "J&T", "極兔"}},
	{Code: "CAINIAO", Name: "菜鸟", words: []string{"菜鸟速递", "菜鳥"}},
	{Code: Self, Name: "自提", words: []string{"自取", "上门自提", "客户自提"}},
}

// Name returns the Chinese name of a carrier's code; an unknown code is its own name.
func Name(code string) string {
	for i := range carriers {
		if carriers[i].Code == code {
			return carriers[i].Name
		}
	}
	return code
}

// Find returns the carrier that a word means: its Chinese name, its code or its code at Kuaidi100.
func Find(word string) (Carrier, bool) {
	word = strings.ToUpper(strings.TrimSpace(word))
	if word == "" {
		return Carrier{}, false
	}
	for _, c := range carriers {
		if word == c.Code || word == strings.ToUpper(c.Name) || word == strings.ToUpper(c.Com) || slices.Contains(c.words, word) {
			return c, true
		}
	}
	return Carrier{}, false
}

// Com returns Kuaidi100's code of the company that carries a parcel, "" where it has none. The
// number tells the post's parcels from EMS and Deppon's freight from its parcels.
func Com(carrier, number string) string {
	number = Normalise(number)
	switch {
	case carrier == "EMS" && len(number) == 13 && (number[0] == '9' || number[0] == 'P'):
		return "youzhengguonei"
	case carrier == "DEPPON" && len(number) <= 10:
		return "debangwuliu"
	}
	c, _ := Find(carrier)
	return c.Com
}
