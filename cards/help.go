package cards

import (
	"strings"

	"orderbot/orders"
)

// Who is told of what: those who sell, who look after customers, who approve, who handle money, and the warehouse.
var (
	sellers   = []orders.Role{orders.RoleSales, orders.RoleSalesManager}
	clients   = []orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleAccountManager}
	approvers = []orders.Role{orders.RoleSalesManager, orders.RoleDirector, orders.RoleFinance, orders.RoleCFO, orders.RoleSeniorApprover}
	cashiers  = []orders.Role{orders.RoleFinance, orders.RoleCFO}
	keepers   = []orders.Role{orders.RoleWarehouse, orders.RoleWarehouseLead}
	admins    = []orders.Role{orders.RoleAdmin}
)

// helpRow is what one can write, and to whom it is of use; no roles: to all of the staff.
type helpRow struct {
	roles []orders.Role
	text  string
}

// helpGroups are the rows in the order in which they are read: one's daily work first, then what everybody asks, then what is rare.
var helpGroups = []struct {
	title string
	rows  []helpRow
}{
	{"下单", []helpRow{
		{clients, "把客户的原话、截图或照片直接发给我，我整理成草稿；Excel、PDF 请发到钉钉里的我"},
		{sellers, "「确认 SO…」：下单，和点「确认下单」一样"},
		{sellers, "「SO… 口罩改成 30箱」「SO… 地址改成…」：改单，发货前都行，看过新旧对照再确认"},
		{sellers, "「取消 SO… 原因」：取消"},
		{sellers, "「特批 SO… 原因」：规则不让下单时申请破例"},
		{sellers, "「SO… 分期：3月20日 30盒，4月20日 其余」：分期发货"},
		{sellers, "「合同 SO…」：购销合同（Word），没批准的等批准后自动发；签好了「合同已签 SO…」"},
		{sellers, "「预约 SO…」：要技术指导的，看工程师空档"},
		{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService}, "「手术计划 市一院 4月10日 导管6F 2根」：到时候给您出草稿"},
	}},
	{"审批", []helpRow{
		{approvers, "「同意 SO…」「驳回 SO… 原因」：和点卡片一样"},
		{approvers, "「退回 SO… 原因」：让业务员改；「转交 SO… 姓名」：请别人批；「加签 SO… 姓名」：再加一个人批"},
		{cashiers, "「同意 TH…」「驳回 TH… 原因」：退换货；换不了、修不了的「改退款 TH…」"},
		{[]orders.Role{orders.RoleOperations}, "「跳过 SO… 原因」：跳过一步审批"},
		{
			[]orders.Role{orders.RoleDirector, orders.RoleOperations, orders.RoleManagement},
			"「绿色通道 SO…」：出一张有五个开关的卡片；也可以直接写「绿色通道 SO… 特急 跳过信用复核 48小时 原因」；提前结束「关闭绿色通道 SO…」",
		},
		{append([]orders.Role{orders.RoleOperations}, approvers...), "「请假 3月20日到3月25日 由李四代」：审批由别人代；提前回来「销假」"},
	}},
	{"仓库", []helpRow{
		{keepers, "「收到 SO…」：加急提醒、订单变更，和点「收到」一样；变更没收到之前不能发货"},
		{keepers, "「拣货单 SO…」：每个仓一份，可以打印；「波次」：现在能发的几单合在一起拣"},
		{keepers, "「入库 SO…」「拣货 SO… B-12 架」：报进度；换了地方「位置 SO… …」"},
		{keepers, "「复核 SO… 编码 数量，…」：和订单逐行核对，直接贴扫码结果也行；不符不能发货"},
		{keepers, "「发货 SO… 运单号」：认不出快递就写上「发货 SO… 中通 运单号」，分期的写上「发货 SO… 第2期 运单号」"},
		{keepers, "「发货 SO… 自提」：客户自提的备好了；取走了「自提完成 SO…」"},
		{keepers, "「退货入库 TH… 全部良品」「退货入库 TH… 良品 5箱 不良 1箱」：收退回的货；换货或修好了「发出 TH… 运单号」"},
		{keepers, "「到货 编码或名称 数量 仓库」：等货的订单按先后补上"},
		{keepers, "「盘点 编码或名称 数量 仓库」：看过差异再确认"},
		{[]orders.Role{orders.RoleWarehouseLead, orders.RoleOperations}, "「调拨 编码或名称 数量 东仓到西仓」：调拨"},
	}},
	{"生产、采购、报关", []helpRow{
		{[]orders.Role{orders.RolePlanner}, "「排产 SO… 三号线」「开工 SO…」「质检 SO…」：报进度；换了地方「位置 SO… …」"},
		{[]orders.Role{orders.RolePurchasing, orders.RolePlanner}, "「预计到货 编码或名称 数量 日期 仓库」：有采购单号写在最后；不来了数量写 0"},
		{
			append([]orders.Role{orders.RolePurchasing, orders.RoleService}, keepers...),
			"「资料 SO…」：进口货的报关资料缺什么；「资料 SO… 报关单、原产地证 已齐」：登记",
		},
		{[]orders.Role{orders.RoleWarehouseLead, orders.RolePlanner, orders.RoleService, orders.RoleOperations}, "「天气 华东 +1天 至 3月22日 暴雪」：天气影响运输；恢复了「天气 华东 恢复」"},
	}},
	{"查询", []helpRow{
		{nil, "「待办」：等您处理的事"},
		{nil, "「SO… 到哪了」：物流"},
		{nil, "「进度 SO…」：到哪一步、等谁、到几点；「交期 SO…」：哪天到"},
		{nil, "「明细 SO…」：每一行；「轨迹 SO…」：谁在什么时候做了什么"},
		{clients, "「依据 SO…」：每一项从哪句话读来"},
		{nil, "「附件 SO…」：这一单的合同、送货单、照片；要加先发「加附件 SO…」再发文件"},
		{nil, "「库存 名称」：现在能卖多少"},
		{nil, "「异常」：还没解决的问题；「处理异常 编号」：我来办；「结案 编号 说明」：办完了"},
		{nil, "「看板」：订单各在哪一步；「健康度 周」"},
		{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleOperations}, "「日报」「日报 昨天」：收了多少单、读得准不准；「准确率 周」「处理时长 周」"},
	}},
	{"退换货", []helpRow{
		{clients, "「退货 SO… 品名 数量 原因」：也可以换货、维修、退款，签字后生效"},
		{clients, "「退换 SO…」：看进度；「撤回 TH…」：不退了；「凭证 TH…」：签过的单据"},
		{[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleService, orders.RoleOperations}, "「这单错了 SO… 原因」：订单错了；「退换报表」：按原因统计"},
	}},
	{"收款和对账", []helpRow{
		{cashiers, "「收款 客户 金额」：有流水号写在最后；写错了「撤销收款 编号 原因」"},
		{cashiers, "「到款 SO… 金额 流水号」：记在某一单上"},
		{[]orders.Role{orders.RoleFinance, orders.RoleCFO, orders.RoleSales}, "「对账 C001 8月」：对账单；「信用 客户」：占用、额度、剩余、逾期"},
	}},
	{"客户", []helpRow{
		{clients, "「历史 客户」：全部订单，关联的账号合在一起；「常购 客户」：常买什么"},
		{clients, "「学习 客户」：我记住了哪些叫法；「忘记 编号」：记错了，下次再问"},
		{[]orders.Role{orders.RoleSales, orders.RoleAdmin}, "「绑定码 C001」：让客户在微信里自己查订单"},
		{
			[]orders.Role{orders.RoleSales, orders.RoleSalesManager, orders.RoleAccountManager, orders.RoleOperations},
			"「健康报告 C001 2026-10」：一个客户一个月的 12 项；「放行健康报告 C001 2026-10」：才发给客户",
		},
		{admins, "「关联列表」：等您确认的客户账号；「确认关联 编号」「不关联 编号」「解除关联 编号」"},
	}},
	{"管理", []helpRow{
		{admins, "「规则」：看审批规则；「规则 历史」「规则 回退」；「规则 文件」：拿文件"},
		{admins, "改规则：把改好的文件发到钉钉里的我，或说「把自动通过的上限改成6000」「把总监审批的门槛改成8万」，先试算再启用"},
		{admins, "导入资料：把产品、客户、价格、库存、员工等的 Excel 或 CSV 发到钉钉里的我，先看会改什么，您确认了才导入"},
	}},
}

// Help says what one can write to the bot, in as many messages as that takes; a nil staff is a customer.
func Help(staff *orders.Staff) []Message {
	if staff == nil {
		return []Message{{
			Text: strings.Join([]string{
				"您可以这样用：",
				"发订单号（SO…），看到哪一步了；「交期 SO…」看哪天到",
				"「我的订单到哪了」，看正在走的订单；「历史」，看全部订单；「健康报告」，看上个月的订单健康度报告",
				"要下单，直接说要什么、多少、什么时候要，发照片也行",
				"想催一催，发「SO… 能快点吗」",
				"要退换货，发「退货 SO… 品名 数量」，也可以「换货」「维修」「退款」，有照片接着发；「退换 SO…」看进度",
				"送货单、照片要放到某一单里，先发「加附件 SO…」再发文件",
			}, "\n"),
			Menu: []string{"我的订单到哪了"},
		}}
	}
	var rows []string
	for _, g := range helpGroups {
		title := "【" + g.title + "】\n" // together with the first row: no message ends with a title
		for _, h := range g.rows {
			if len(h.roles) == 0 || staff.Has(h.roles...) || staff.Has(orders.RoleAdmin) {
				rows = append(rows, title+h.text)
				title = ""
			}
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
