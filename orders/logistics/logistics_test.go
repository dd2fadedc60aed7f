package logistics_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders"
	"orderbot/orders/logistics"
)

// codes returns the carriers that a number may be of, "!" before one whose number is questioned,
// "=" before a sure one.
func codes(number string) string {
	var out []string
	for _, c := range logistics.Identify(number) {
		s := c.Carrier
		if c.Sure {
			s = "=" + s
		}
		if c.Question != "" {
			s = "!" + s
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

// feature: LG-01
func TestIdentify(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ number, want string }{
		"SF and thirteen digits":             {"SF1234567890123", "=SF"},
		"SF with a letter first":             {"SFA234567890123", "=SF"},
		"lower case, full width, blanks":     {"ｓｆ１２３ 4567-890123", "=SF"},
		"YTO":                                {"YT1234567890123", "=YTO"},
		"older YTO":                          {"YT123456789012", "=YTO"},
		"JD":                                 {"JDVA12345678901", "=JD"},
		"JD with its package suffix":         {"JD0012345678901-1-1-", "=JD"},
		"JD with its package suffix, open":   {"jdva12345678901-2-3", "=JD"},
		"Deppon":                             {"DPK123456789012", "=DEPPON"},
		"J&T":                                {"JT1234567890123", "=JT"},
		"Yunda by its letters":               {"YD1234567890123", "=YUNDA"},
		"the post":                           {"PA12345678901", "=EMS"},
		"international with the right digit": {"EA473124829CN", "=EMS"},
		"international with a wrong digit":   {"EA473124828CN", "!=EMS"},
		"fourteen digits of ZTO":             {"73123456789012", "ZTO"},
		"fourteen digits from 77":            {"77123456789012", "ZTO STO"},
		"fifteen digits from 77":             {"771234567890123", "STO YUNDA"},
		"thirteen digits from 43":            {"4312345678901", "STO YUNDA"},
		"thirteen digits from 10":            {"1012345678901", "EMS STO YUNDA"},
		"twelve digits":                      {"123456789012", "SF ZTO STO"},
		"fifteen digits from 3":              {"312345678901234", "YUNDA"},
		"Cainiao":                            {"621123456789012", "CAINIAO"},
		"freight of Deppon":                  {"12345678", "DEPPON"},
		"one digit short":                    {"SF123456789012", "!=SF"},
		"one digit too many":                 {"YT12345678901234", "!=YTO"},
		"the letter O for a zero":            {"SF12345678901O3", "!=SF"},
		"a phone number":                     {"13812345678", ""},
		"an identity number":                 {"11010519491231002X", ""},
		"an identity number of digits only":  {"110105194912310021", ""},
		"nothing":                            {"", ""},
		"words":                              {"已发货", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, codes(tt.number))
		})
	}
}

// TestBareDigitsNeverDecide shows what the reference measured: letters decide, digits only rank.
func TestBareDigitsNeverDecide(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		var b strings.Builder
		for range n {
			fmt.Fprint(&b, r.IntN(10))
		}
		return b.String()
	}
	shapes := map[string]struct {
		number func() string
		isSure bool
		many   float64 // the least share that fits several carriers
	}{
		"SF + 13":    {func() string { return "SF" + digits(13) }, true, 0},
		"YT + 13":    {func() string { return "YT" + digits(13) }, true, 0},
		"JD":         {func() string { return "JDV" + digits(12) }, true, 0},
		"DPK + 12":   {func() string { return "DPK" + digits(12) }, true, 0},
		"14 from 73": {func() string { return fmt.Sprint(73+r.IntN(7)) + digits(12) }, false, 0.1},
		"15 from 77": {func() string { return "77" + digits(13) }, false, 1},
		"13 from 43": {func() string { return "43" + digits(11) }, false, 1},
		"13 from 10": {func() string { return "10" + digits(11) }, false, 1},
		"any 12":     {func() string { return digits(12) }, false, 1},
	}
	for name, s := range shapes {
		many := 0
		for range 2000 {
			got := logistics.Identify(s.number())
			require.NotEmpty(t, got, name)
			for _, c := range got {
				require.Equal(t, s.isSure, c.Sure, name)
			}
			if len(got) > 1 {
				many++
			}
		}
		if s.isSure {
			require.Zero(t, many, name)
		}
		require.GreaterOrEqual(t, float64(many)/2000, s.many, name)
	}
}

// feature: LG-01, LG-02
func TestReadWaybill(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text, carrier, number, question string
		options                         int
	}{
		"letters decide":             {text: "SF1234567890123", carrier: "SF", number: "SF1234567890123"},
		"with the order's number":    {text: "发货 SO202603110012 sf1234567890123", carrier: "SF", number: "SF1234567890123"},
		"with the carrier's name":    {text: "顺丰速运，单号：SF1234567890123", carrier: "SF", number: "SF1234567890123"},
		"in groups":                  {text: "SF 1234 5678 90123", carrier: "SF", number: "SF1234567890123"},
		"digits and a word":          {text: "申通 771234567890123 共2箱", carrier: "STO", number: "771234567890123"},
		"an older number and a word": {text: "123456789012 中通", carrier: "ZTO", number: "123456789012"},
		"fetched by the customer":    {text: "客户自提", carrier: "SELF"},
		"digits alone":               {text: "771234567890123", number: "771234567890123", question: "可能是申通、韵达", options: 2},
		"too short":                  {text: "SF12345678901", carrier: "SF", number: "SF12345678901", question: "少了 2 位"},
		"another carrier's number":   {text: "圆通 SF1234567890123", carrier: "YTO", number: "SF1234567890123", question: "看着是顺丰的，不是圆通的"},
		"O for 0":                    {text: "YT123456789O123", carrier: "YTO", number: "YT123456789O123", question: "容易看混"},
		"wrong check digit":          {text: "EA473124820CN", carrier: "EMS", number: "EA473124820CN", question: "校验位不对（第 11 位应是 9）"},
		"nobody's":                   {text: "ABC12345", number: "ABC12345", question: "认不出"},
		"no number":                  {text: "已经发了", question: "没看到运单号"},
		"a carrier and no number":    {text: "顺丰", carrier: "SF", question: "没看到运单号"},
		"not that carrier's length":  {text: "韵达 1234567", carrier: "YUNDA", number: "1234567", question: "不像韵达的运单号"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := logistics.Read(tt.text)
			require.Equal(t, tt.carrier, w.Carrier)
			require.Equal(t, tt.number, w.Number)
			require.Len(t, w.Options, tt.options)
			if tt.question == "" {
				require.Empty(t, w.Question)
			}
			require.Contains(t, w.Question, tt.question)
		})
	}
}

func TestCarriers(t *testing.T) {
	t.Parallel()
	for word, code := range map[string]string{
		"顺丰": "SF", "顺丰速运": "SF", "zto": "ZTO", "yunda": "YUNDA", "shentong": "STO", "德邦物流": "DEPPON", "极兔": "JT", "自提": "SELF",
		"EMS": "EMS", "邮政": "EMS", "jtexpress": "JT", "圆通": "YTO", "京东": "JD",
	} {
		c, ok := logistics.Find(word)
		require.True(t, ok, word)
		require.Equal(t, code, c.Code, word)
	}
	for _, word := range []string{"", "飞毛腿"} {
		_, ok := logistics.Find(word)
		require.False(t, ok, word)
	}
	require.Equal(t, "顺丰", logistics.Name("SF"))
	require.Equal(t, "XYZ", logistics.Name("XYZ"))
	for _, tt := range []struct{ carrier, number, com string }{
		{"SF", "SF1234567890123", "shunfeng"},
		{"JD", "JDVA12345678901", "jd"},
		{"ZTO", "73123456789012", "zhongtong"},
		{"YTO", "YT1234567890123", "yuantong"},
		{"STO", "771234567890123", "shentong"},
		{"YUNDA", "312345678901234", "yunda"},
		{"EMS", "1012345678901", "ems"},
		{"EMS", "9812345678901", "youzhengguonei"},
		{"DEPPON", "DPK123456789012", "debangkuaidi"},
		{"DEPPON", "12345678", "debangwuliu"},
		{"SELF", "", ""},
		{"CAINIAO", "621123456789012", ""},
	} {
		require.Equal(t, tt.com, logistics.Com(tt.carrier, tt.number), tt.carrier)
	}
}

// feature: LG-04
func TestKuaidi100StatesMapToOneParcelState(t *testing.T) {
	t.Parallel()
	want := map[orders.ParcelState][]string{
		orders.ParcelNone:      {"", "101", "102", "x"},
		orders.ParcelPickedUp:  {"1", "103"},
		orders.ParcelInTransit: {"0", "7", "8", "10", "11", "12", "1001", "1002", "1003", "1099"},
		orders.ParcelOut:       {"5", "501"},
		orders.ParcelDelivered: {"3", "301", "302", "303", "304"},
		orders.ParcelException: {"2", "6", "13", "14", "201", "205", "210", "299", "401"},
		orders.ParcelReturned:  {"4"},
	}
	for state, list := range want {
		for _, code := range list {
			require.Equal(t, state, logistics.Kuaidi100State(code, "0"), code)
			final := orders.ParcelDelivered
			if state == orders.ParcelReturned {
				final = state
			}
			require.Equal(t, final, logistics.Kuaidi100State(code, "1"), code)
		}
		require.NotEmpty(t, logistics.StateNames[state])
	}
}
