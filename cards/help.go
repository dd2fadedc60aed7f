package cards

import (
	"strings"

	"orderbot/orders"
)

// helpRows say what one can write, and to whom each is of use; no roles: to all of the staff.
var helpRows = []struct {
	roles []orders.Role
	text  string
}{
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleAccountManager}, "下单：把客户的原话、截图或照片直接发给我，我整理成草稿"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleAccountManager}, "Excel、PDF：请发到钉钉里的我"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager}, "确认：点「确认下单」，或回复「确认 SO…」"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager}, "改（发货前都行，看过新旧对照再确认）：「SO… 口罩改成 30箱」「SO… 地址改成…」；取消：「取消 SO… 原因」"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleAccountManager}, "退换货：「退货 SO… 品名 数量 原因」，也可以换货、维修、退款；签字后生效。「退换 SO…」看进度，「撤回 TH…」「凭证 TH…」"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleOperations}, "订单错了：「这单错了 SO… 原因」；「退换报表」按原因统计"},
	{[]orders.Role{orders.RoleFinance, orders.RoleCFO}, "退换货审批：「同意 TH…」「驳回 TH… 原因」；换不了、修不了的「改退款 TH…」"},
	{[]orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead}, "退回的货：「退货入库 TH… 全部良品」「退货入库 TH… 良品 5箱 不良 1箱」；换货或修好了「发出 TH… 运单号」"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager}, "合同 SO…：批准后的购销合同（Word）；没批准的，批准后自动发。签好了「合同已签 SO…」"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager}, "要技术指导的：「预约 SO…」看工程师空档"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager}, "被规则拦下要破例：「特批 SO… 原因」"},
	{
		[]orders.Role{orders.RoleSalesManager, orders.RoleDirector, orders.RoleFinance, orders.RoleCFO, orders.RoleSeniorApprover},
		"审批：点卡片，或回复「同意 SO…」「驳回 SO… 原因」；也可以「退回 SO… 原因」「转交 SO… 姓名」「加签 SO… 姓名」",
	},
	{
		[]orders.Role{orders.RoleSalesManager, orders.RoleDirector, orders.RoleFinance, orders.RoleCFO, orders.RoleSeniorApprover, orders.RoleOperations},
		"请假：「请假 3月20日到3月25日 由李四代」，提前回来「销假」",
	},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager}, "分期：「SO… 分期：3月20日 30盒，4月20日 其余」"},
	{[]orders.Role{orders.RoleFinance, orders.RoleCFO}, "订单的到款：「到款 SO… 金额 流水号」"},
	{[]orders.Role{orders.RoleFinance, orders.RoleCFO}, "收款：「收款 客户 金额」，有流水号写在最后；写错了「撤销收款 编号 原因」"},
	{[]orders.Role{orders.RoleFinance, orders.RoleCFO, orders.RoleSales}, "对账：「对账 C001 8月」"},
	{[]orders.Role{orders.RoleFinance, orders.RoleCFO, orders.RoleSales}, "信用 客户：占用、额度、剩余、逾期"},
	{[]orders.Role{orders.RoleOperations}, "跳过一步审批：「跳过 SO… 原因」"},
	{
		[]orders.Role{orders.RoleDirector, orders.RoleOperations, orders.RoleManagement},
		"绿色通道：「绿色通道 SO…」出一张有五个开关的卡片，或直接写「绿色通道 SO… 特急 跳过信用复核 48小时 原因」；提前结束「关闭绿色通道 SO…」",
	},
	{[]orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead}, "发货：「发货 SO… 运单号」，认不出快递就写上名字：「发货 SO… 中通 运单号」；分期的写上第几期：「发货 SO… 第2期 运单号」；客户自取：备好了「发货 SO… 自提」，取走了「自提完成 SO…」"},
	{
		[]orders.Role{orders.RolePurchasing, orders.RoleService, orders.RoleWarehouse, orders.RoleWarehouseLead},
		"进口货的报关资料：「资料 SO…」看缺什么，「资料 SO… 报关单、原产地证 已齐」登记",
	},
	{[]orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead}, "加急提醒、订单改动：点「收到」，或回复「收到 SO…」；改动没收到之前不能发货"},
	{[]orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead}, "到货了：「到货 编码或名称 数量 仓库」，等货的订单按先后补上；盘点：「盘点 编码或名称 数量 仓库」，看过差异再确认"},
	{[]orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead}, "拣货单 SO…：每个仓一份，可以打印；波次：现在能发的几单合在一起拣"},
	{[]orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead}, "复核 SO… 编码 数量，…：和订单逐行核对，直接贴扫码结果也行；不符不能发货"},
	{[]orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead, orders.RolePlanner}, "报进度：「排产 SO… 三号线」「开工」「质检」「入库」「拣货 SO… B-12 架」，换了地方「位置 SO… …」"},
	{[]orders.Role{orders.RoleWarehouseLead, orders.RoleOperations}, "调拨：「调拨 编码或名称 数量 东仓到西仓」"},
	{[]orders.Role{orders.RolePurchasing, orders.RolePlanner}, "预计到货：「预计到货 编码或名称 数量 日期 仓库」，有采购单号写在最后；不来了数量写 0"},
	{[]orders.Role{orders.RoleSales, orders.RoleAdmin}, "让客户自己查：「绑定码 C001」"},
	{
		[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleAccountManager},
		"历史 客户：全部订单，关联的账号合在一起",
	},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService}, "「手术计划 市一院 4月10日 导管6F 2根」：到时候出草稿"},
	{[]orders.Role{orders.RoleAdmin}, "客户账号：「关联列表」看等您确认的；「关联 …」「不关联 编号」「解除关联 编号」"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleAccountManager}, "依据 SO…：每一项从哪句话读来；学习 客户名：记住了什么，忘记 编号：撤销；常购 客户名：常买什么"},
	{[]orders.Role{orders.RoleAdmin}, "规则：看审批规则，「规则 历史」「规则 回退」；「规则 文件」拿文件；改规则：把改好的文件发到钉钉里的我，或说「把自动通过的上限改成6000」「把总监审批的门槛改成8万」，先试算再启用"},
	{[]orders.Role{orders.RoleAdmin}, "导入资料：把产品、客户、价格、库存、员工等的 Excel 或 CSV 发到钉钉里的我，先看会改什么，您确认了才导入"},
	{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleOperations}, "日报：今天收了多少单、读得准不准，「日报 昨天」；「准确率 周」「处理时长 周」"},
	{nil, "看板：订单各在哪一步；「健康度 周」"},
	{nil, "异常：还没解决的问题；「处理异常 编号」我来办，「结案 编号 说明」办完"},
	{nil, "待办：看等您处理的事"},
	{nil, "进度 SO…：到哪一步、等谁、到几点；交期 SO…：哪天到"},
	{[]orders.Role{orders.RoleWarehouseLead, orders.RolePlanner, orders.RoleService, orders.RoleOperations}, "天气影响运输：「天气 华东 +1天 至 3月22日 暴雪」，恢复了「天气 华东 恢复」"},
	{nil, "明细 SO…：每一行"},
	{nil, "轨迹 SO…：谁在什么时候做了什么"},
	{nil, "附件 SO…：这一单的合同、送货单、照片；要加发「加附件 SO…」再发文件"},
	{nil, "库存 名称：现在能卖多少"},
	{nil, "SO… 到哪了：物流"},
}

// Help says what one can write to the bot, in as many messages as that takes; a nil staff is a customer.
func Help(staff *orders.Staff) []Message {
	if staff == nil {
		return []Message{{
			Text: strings.Join([]string{
				"您可以这样用：",
				"发订单号（SO…），看到哪一步了；「交期 SO…」看哪天到",
				"「我的订单到哪了」，看正在走的订单；「历史」，看全部订单",
				"要下单，直接说要什么、多少、什么时候要，发照片也行",
				"想催一催，发「SO… 能快点吗」",
				"要退换货，发「退货 SO… 品名 数量」，也可以「换货」「维修」「退款」，有照片接着发；「退换 SO…」看进度",
				"送货单、照片要放到某一单里，先发「加附件 SO…」再发文件",
			}, "\n"),
			Menu: []string{"我的订单到哪了"},
		}}
	}
	var rows []string
	for _, h := range helpRows {
		if len(h.roles) == 0 || staff.Has(h.roles...) || staff.Has(orders.RoleAdmin) {
			rows = append(rows, h.text)
		}
	}
	head := func(i int) string {
		return staff.Name + [...]string{"，您可以这样用：", "，还可以："}[min(i, 1)]
	}
	var out []Message
	limit := TextLimit
	if len(strings.Join(rows, "\n")) > TextLimit-100 {
		limit = TextLimit * 2 / 3 // no last message of one line
	}
	for _, text := range fill(limit, rows, len(rows), head, func(int) string { return "" }) {
		out = append(out, Message{Text: text})
	}
	return out
}
