package bot

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"orderbot/orders"
)

func TestParseCommand(t *testing.T) {
	t.Parallel()
	const id = orders.OrderID("SO202603110012")
	one := []orders.OrderID{id}
	for text, want := range map[string]command{
		"确认 SO202603110012":                 {cmdConfirm, one, ""},
		"确认下单 so-20260311-0012。":            {cmdConfirm, one, ""},
		"SO 20260311 0012 确认":               {cmdConfirm, one, ""},
		"确认":                                {},
		"确认 SO202603110012 到哪了":             {},
		"取消 SO202603110012 客户不要了":           {cmdCancel, one, "客户不要了"},
		"取消":                                {},
		"取消订单":                              {},
		"同意 SO202603110012":                 {cmdApprove, one, ""},
		"通过":                                {cmdApprove, nil, ""},
		"OK":                                {cmdApprove, nil, ""},
		"可以送到吗":                             {},
		"SO202603110012 同意":                 {cmdApprove, one, ""},
		"驳回 SO202603110012 价格不对":            {cmdReject, one, "价格不对"},
		"不同意 SO202603110012，太贵":             {cmdReject, one, "太贵"},
		"打回SO202603110012 地址错":              {cmdReject, one, "地址错"},
		"驳回":                                {cmdReject, nil, ""},
		"SO202603110012 驳回 价格不对":            {cmdReject, one, "价格不对"},
		"SO202603110012 驳回了吗":               {cmdProgress, one, ""},
		"驳回了吗 SO202603110012？":              {cmdProgress, one, ""},
		"取消了SO202603110012吗":                {cmdProgress, one, ""},
		"取消 SO202603110012 没货了":             {cmdCancel, one, "没货了"},
		"发货了没有 SO202603110012":              {cmdProgress, one, ""},
		"同意 SO202603110012，注意回款":            {cmdApprove, one, "注意回款"},
		"发货 SO202603110012 SF1234567890123": {cmdShip, one, "SF1234567890123"},
		"SO202603110012 发货了吗":               {cmdProgress, one, ""},
		"SO202603110012":                    {cmdProgress, one, ""},
		"so-20260311-0012？":                 {cmdProgress, one, ""},
		"收到":                                {cmdAck, nil, ""},
		"收到 SO202603110012":                 {cmdAck, one, ""},
		"收到，马上发货":                           {},
		"待办":                                {cmdTodo, nil, ""},
		"\u200b\u2060进度 SO202603110012":     {cmdProgress, one, ""},
		"进度 ＳＯ２０２６０３１１００１２":                 {cmdProgress, one, ""},
		"明细 SO202603110012 2":               {cmdLines, one, "2"},
		"库存 导管 6F":                          {cmdStock, nil, "导管 6F"},
		"帮助":                                {cmdHelp, nil, ""},
		"绑定码 C001":                          {cmdCode, nil, "C001"},
		"绑定 123456":                         {cmdBind, nil, "123456"},
		"绑定 列表 C001":                        {cmdBindings, nil, "C001"},
		"解绑 C001 3":                         {cmdUnbind, nil, "C001 3"},
		"不加急":                               {cmdCalm, nil, ""},
		"导入 12":                             {cmdImport, nil, "12"},
		"导入":                                {cmdImport, nil, ""},
		"导入产品资料":                            {cmdImport, nil, ""},
		"帮我更新一下客户表":                         {cmdImport, nil, ""},
		"放弃第12号":                            {cmdDrop, nil, "12"},
		"放弃":                                {cmdDrop, nil, ""},
		"订单12":                              {cmdReadTable, nil, "12"},
		"健康报告 C001 2026-10":                 {cmdReport, nil, "健康报告 C001 2026-10"},
		"「放行健康报告 蓝海诊所 10月」":                 {cmdReport, nil, "放行健康报告 蓝海诊所 10月"},
		"订单健康度报告":                           {cmdReport, nil, "订单健康度报告"},
		"健康报告册3本":                           {},
		"健康报告本 10月":                         {},
		"放行 健康报告":                           {},
		"要两份健康报告":                           {},
		"订单":                                {},
		"更新":                                {},
		"导入鞘 2根":                            {},
		"导入12箱":                             {},
		"更新产品价格是多少":                         {},
		"放弃这单":                              {},
		"规则":                                {cmdRules, nil, ""},
		"「规则 历史」":                           {cmdRules, nil, "历史"},
		"规则试算":                              {cmdRules, nil, "试算"},
		"规则 启用 3":                           {cmdRules, nil, "启用 3"},
		"规则启用第3版 财务要求":                      {cmdRules, nil, "启用第3版 财务要求"},
		"规则 启用了吗":                           {},
		"规则 差别 1 和 3":                       {cmdRules, nil, "差别 1 和 3"},
		"规则 回退 经理不同意":                       {cmdRules, nil, "回退 经理不同意"},
		"规则柜3台":                             {},
		"把自动通过的上限改成6000":                    {cmdLimit, nil, "把自动通过的上限改成6000"},
		"自动通过上限改1":                          {},
		"自动通过的阀门改成6000个":                    {},
		"依据 SO202603110012":                 {cmdBasis, one, ""},
		"关联 C001 C205":                      {cmdLink, nil, "C001 C205"},
		"关联列表":                              {cmdLinks, nil, ""},
		"关联 列表 C001":                        {cmdLinks, nil, "C001"},
		"确认关联 12":                           {cmdTie, nil, "12"},
		"不关联 12":                            {cmdNoTie, nil, "12"},
		"解除关联 12":                           {cmdUnlink, nil, "12"},
		"历史 市一院":                            {cmdHistory, nil, "市一院"},
		"历史":                                {cmdHistory, nil, ""},
		"手术计划 市一院 4月10日 导管6F 2根": {cmdSurgery, nil, "市一院 4月10日 导管6F 2根"},
		"手术计划":           {cmdSurgery, nil, ""},
		"手术改期 3 4月15日":   {cmdMoveSurg, nil, "3 4月15日"},
		"取消手术 3":         {cmdEndSurg, nil, "3"},
		"手术计划本3本":        {},
		"取消手术用的导管3根":     {},
		"历史书3本":          {},
		"关联线束3根":         {},
		"不关联的螺丝3盒":       {},
		"学习":             {cmdLearned, nil, ""},
		"学习 康民药房":        {cmdLearned, nil, "康民药房"},
		"学习机3台":          {},
		"记住的":            {cmdLearned, nil, ""},
		"忘记 3":           {cmdForget, nil, "3"},
		"外科口罩20箱\n手套10盒": {},
		"确认一下外科口罩20箱":    {},
	} {
		got := parseCommand(text)
		if want.verb == "" {
			require.Empty(t, got.verb, text)
			continue
		}
		require.Equal(t, want, got, text)
	}
}

func TestParseLimit(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"把自动通过的上限改成6000":          {"", "6000"},
		"自动通过上限改为 6,000 元":        {"", "6000"},
		"请把自动审批的金额上限调到八千":         {"", "8000"},
		"免审批额度提高到1.2万":            {"", "12000"},
		"自动通过的上限从5000改成6000":      {"5000", "6000"},
		"自动审核通过的门槛由5000元调整为￥6000": {"5000", "6000"},
		"把5000以下自动通过改成6000以下自动通过": {"5000", "6000"},
		"6000以下的订单自动通过":           {"", "6000"},
		"以后8千以内都自动通过吧":            {"", "8000"},
		"将不用审批的订单金额降到3k":          {"", "3000"},
		"把自动通过的上限改成6000，另外加3箱口罩":  {},
		"把财务总监的上限改成80000":         {"", "80000"},
		"总监审批的门槛从5万改成8万":          {"50000", "80000"},
		"8万以上的订单才要总监审批":           {"", "80000"},
		"请把财务部的审批限额调到3万元":         {"", "30000"},
		"把王总监的口罩改成30箱":            {},
		"总监改成80000":               {},
		"5万以上的订单总监说了算":            {},
		"自动通过":                    {},
		"口罩6000以下自动通过":            {},
		"自动通过的上限改成很多":             {},
	} {
		got, ok := parseLimit(norm.NFKC.String(text))
		require.Equal(t, want[1] != "", ok, text)
		if !ok {
			continue
		}
		require.Equal(t, want[1], got.to.String(), text)
		require.Equal(t, want[0] != "", got.hasFrom, text)
		if got.hasFrom {
			require.Equal(t, want[0], got.from.String(), text)
		}
	}
}
