package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What an urgent order sets off (the lead of the warehouse, a mark, a copy to finance) is made by the rules file alone, and so is
// what other orders do at other moments; all of it is on record.
//
// feature: CF-03
func TestTriggersOfTheRules(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "rules.yaml")
			require.NoError(t, os.WriteFile(file, []byte(`
routes: [{name: 自动, when: 其余, steps: []}]
triggers:
  - {name: 急诊, when: 客户名称 contains "蓝海", do: [加急]}
  - {name: 加急通知, when: 加急, do: ["通知 仓储组长：请优先备货", 标记 红线急单, 抄送 财务]}
  - {name: 大单, when: 金额 >= 1000, do: [加审 总监]}
  - {name: 回访, at: 签收, do: [通知 客服、计划员]}
  - {name: 撤单, at: 取消, when: 加急, do: [通知 采购]}
`), 0o600))
			f := newFirm(t, database(t), medical, "ORDERBOT_RULES="+file)
			f.load("products", "code,name,unit,price,stock", "X02,国产缝线,根,3,100000")
			f.load("customers", "code,name,level,credit_grade,credit_limit,sales,address", "K01,蓝海诊所,A,A,100000,S01,南京市江宁区将军大道88号",
				"K02,红山诊所,A,A,100000,S01,南京市玄武区红山路2号")
			f.serve()
			db := f.sql()
			wecom := f.answer
			id := f.confirmed("zhouting", "蓝海诊所 国产缝线20根")
			see(t, "lead", f.wecom("wucang"), says("【加急】加急通知 "+id, "请优先备货", "标记：红线急单"))
			see(t, "finance", f.wecom("lizhang"), says(id+" 请同时看一下信用", "，额度"))
			see(t, "the warehouse", f.wecom("zhengku"), says("【加急】拣货 "+id, "标记：红线急单"))
			see(t, "alarm", f.wecom("wucang"), offers("收到", id))
			require.Contains(t, wecom("zhengku", "待办"), "红线急单")
			require.Contains(t, wecom("guanli", "进度 "+id), "标记：红线急单")
			require.Regexp(t, `系统 规则触发(?s:.*)加急(?s:.*)急诊(?s:.*)通知仓储组长，抄送财务，标记「红线急单」(?s:.*)加急通知`, wecom("guanli", "轨迹 "+id))
			require.Contains(t, wecom("guanli", "规则"), "加急通知：确认时 且 加急 则通知 仓储组长：请优先备货，则标记 红线急单，则抄送 财务")

			large := f.confirmed("zhouting", "红山诊所 国产缝线400根")
			see(t, "approval", f.dingtalk("dt-qianzong"), offers("同意", large, "规则要求总监审批"))
			require.Zero(t, number(t, db, "SELECT COUNT(*) FROM events WHERE kind = 'rule.triggered' AND order_id = ?", large))

			plain := f.confirmed("zhouting", "红山诊所 国产缝线10根")
			require.Contains(t, wecom("zhengku", "发货 "+plain+" 自提"), "已登记")
			require.Contains(t, wecom("zhengku", "自提完成 "+plain), "提货")
			see(t, "service", f.wecom("hefu"), says("回访 "+plain))
			see(t, "nobody plans", f.wecom("guanli"), says("名单里没有计划员", "回访 "+plain))
			require.Contains(t, wecom("zhouting", "取消 "+id+" 不要了"), "已取消")
			see(t, "purchasing", f.wecom("fenggou"), says("撤单 "+id))
			quiet(t, db, patience)
			sound(t, db)
		})
	}
}
