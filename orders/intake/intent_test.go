package intake_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

// feature: IN-26
func TestIntents(t *testing.T) {
	t.Parallel()
	x := shop(t)
	type meant struct {
		intent intake.Intent
		ref    string
	}
	for text, want := range map[string]meant{
		"在吗":         {intake.IntentOther, ""},
		"好的谢谢，周末愉快🌹": {intake.IntentOther, ""},
		"款已经打过去了，38600，查收一下":            {intake.IntentOther, ""},
		"春季大促！全场8折，满10箱送1箱，回T退订":        {intake.IntentOther, ""},
		"我司定于3月21日盘点，当日不收货，请周知":         {intake.IntentOther, ""},
		"白醋现在什么价":                       {intake.IntentInquiry, ""},
		"白醋50件什么价":                      {intake.IntentInquiry, ""},
		"大豆油有没有现货，5升的":                  {intake.IntentInquiry, ""},
		"机油要是拿200箱，交期多久？先报个价，不急着定":      {intake.IntentInquiry, ""},
		"SO20260303002到哪儿了":             {intake.IntentStatus, "SO20260303002"},
		"SF1400 0007 28315这个件到没到":       {intake.IntentStatus, ""},
		"上一单啥时候能到":                      {intake.IntentStatus, intake.RefLast},
		"138-0000-1001 的订单到哪了":          {intake.IntentStatus, "13800001001"},
		"帮查一下13800001001或13900001001的货": {intake.IntentStatus, ""},
		"YT8800123456789 卡两天了，查一下":      {intake.IntentStatus, "YT8800123456789"},
		"催一下！鸡胸怎么还没到":                   {intake.IntentUrge, ""},
		"SO20260301102麻烦仓库优先发":          {intake.IntentUrge, "SO20260301102"},
		"鸡胸有一箱化了，给我们换一箱吧":               {intake.IntentReturn, ""},
		"SO20260303009里面白醋发多了，退2件行不行":   {intake.IntentReturn, "SO20260303009"},
		"SO20260217002取消，不做了":           {intake.IntentCancel, "SO20260217002"},
		"SO20260224001的白醋改成15件，来得及吗":    {intake.IntentChange, "SO20260224001"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			res := said(t, x, text)
			if want.ref == "" && res.Intent == want.intent {
				res.Ref = ""
			}
			require.Equal(t, want, meant{res.Intent, res.Ref})
			require.Empty(t, res.Orders)
			require.Empty(t, res.Asks)
		})
	}
}

func TestInquiryNamesItsProducts(t *testing.T) {
	t.Parallel()
	res := said(t, shop(t), "白醋现在什么价")
	require.Equal(t, "F8", string(res.Mentions[0]))
}
