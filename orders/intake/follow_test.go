package intake_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/orders/intake"
)

// What customers ask after their order is understood however they put it: where it is, why it is late, whether it can be faster.
func TestQuestionsAfterAnOrder(t *testing.T) {
	t.Parallel()
	m, err := intake.LoadMaster(filepath.Join(corpus, "medical"))
	require.NoError(t, err)
	x := intake.NewLexicon(m)
	for want, texts := range map[string]string{
		"status": `我的订单到哪了 货到哪了 我的货走到哪里了 东西发了没有 发货了吗 快递到哪儿了 帮我查下物流 订单什么情况了 我那单现在什么进度 货什么时候到 还要多久能到
			今天能到吗 啥时候送来 到了没 单号发我一下 物流信息有吗 货出库了没 还有几天到 我订的货呢 运到哪儿啦 查订单 订单状态 我的货什么时候能收到 请问我的包裹现在在哪
			昨天订的那批货发走了吗 卡在哪里了 快递单号是多少 明天能收到货吗`,
		"status urge": `为什么延迟 怎么还没到 为啥还没发货 怎么这么慢 为何延误 什么原因没发 说好昨天到的怎么没到 怎么回事还不发 延期的原因是什么 为什么晚了 怎么拖这么久 咋还不到
			不是说今天到吗 为什么到现在还没送 超时了怎么回事 晚点原因 都过了交期了怎么还没发 我的货怎么一直没动 为什么延迟发货 物流怎么不动了 货为什么还在仓库`,
		"urge": `能否加急 能不能快点 可以加急吗 帮我加急一下 能提前发吗 能早点送吗 麻烦催一下 可以优先安排吗 能不能今天发 急用能快点不 加个急 改成加急 能赶一下吗 能不能提前到
			请尽快发货 有办法快一点吗 想快点收到 能插个队吗 麻烦快点安排 先发我们的行不行 可不可以提前两天送到 帮忙催催仓库`,
		"order":   `急需外科口罩20箱 外科口罩20箱能早点发吗 外科口罩20箱，走物流，尽快发`,
		"inquiry": `外科口罩有货吗几天能发 外科口罩什么价格多久能到货`,
	} {
		for text := range strings.FieldsSeq(texts) {
			t.Run(text, func(t *testing.T) {
				t.Parallel()
				res, _ := x.Read(intake.Message{ID: "1", Time: time.Date(2026, 3, 11, 10, 24, 0, 0, time.FixedZone("", 8*60*60)), Role: intake.RoleCustomer, Customer: "C001", Text: text}, &intake.Thread{})
				require.Contains(t, strings.Fields(want), string(res.Intent))
				require.Equal(t, want == "status urge", res.Why)
			})
		}
	}
}
