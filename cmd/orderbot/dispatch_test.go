package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderbot/notify/aps"
	"orderbot/orders"
)

// planningSystem is an APS: it notes what it is posted, answers as told, and takes nothing twice.
type planningSystem struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	posted []posted
	has    map[string]string // what it took, by the message's id
}

type posted struct {
	id     string
	signed bool
	body   string
}

const planningSecret = "a secret between two"

func newPlanningSystem(t *testing.T) *planningSystem {
	t.Helper()
	p := &planningSystem{status: http.StatusOK, has: map[string]string{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		p.mu.Lock()
		defer p.mu.Unlock()
		id, stamp := r.Header.Get("Webhook-Id"), r.Header.Get("Webhook-Timestamp")
		if r.Method == http.MethodPost {
			p.posted = append(p.posted, posted{
				id, err == nil && r.Header.Get("Webhook-Signature") == "v1,"+aps.Sign(planningSecret, id, stamp, body), string(body),
			})
			if p.status == http.StatusOK {
				p.has[id] = string(body)
			}
		}
		w.WriteHeader(p.status)
		_, _ = io.WriteString(w, `{"error":"没有这个物料"}`)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *planningSystem) settings() []string {
	return []string{"ORDERBOT_APS__API_URL=" + p.URL + "/orders", "ORDERBOT_APS__SECRET=" + planningSecret}
}

func (p *planningSystem) answer(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

// of returns what was posted of an order, and how many messages of it were taken.
func (p *planningSystem) of(id string) (all []posted, taken int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.posted {
		if strings.Contains(x.body, id) {
			all = append(all, x)
		}
	}
	for _, body := range p.has {
		if strings.Contains(body, id) {
			taken++
		}
	}
	return all, taken
}

// planningFirm is a firm whose orders need nobody's approval.
func planningFirm(t *testing.T, database string, more ...string) *firm {
	t.Helper()
	f := newFirm(t, database, medical, append(more, automatic(t, ""))...)
	f.load("products", "code,name,unit,price,stock,kind,bom", "X02,国产缝线,根,3,100000,,", "X03,定制推车,台,900,5,定制品,BOM-7")
	f.load("customers", "code,name,level,credit_grade,credit_limit,sales,address,invoice_title,tax_number",
		"K01,蓝海诊所,A,A,1000000,S01,南京市江宁区将军大道88号,南京蓝海诊所有限公司,9144030071526726XG", "K02,红山诊所,A,A,1000000,S01,南京市玄武区红山路2号,,",
		"K03,绿水诊所,A,A,1000000,S01,南京市鼓楼区中山路3号,,")
	return f
}

// An approved order goes three ways, each with a state on the order: finance sees to the invoice data, the warehouse picks, planning gets it.
// With the planning system in trouble the other two go on; what it misses is shown, tried again until it arrives, and taken once.
//
// feature: ST-08
func TestThreeWayDispatch(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planning := newPlanningSystem(t)
			f := planningFirm(t, database(t), planning.settings()...)
			f.serve()
			db := f.sql()
			planning.answer(http.StatusInternalServerError)
			id := f.confirmed("zhouting", "红山诊所 国产缝线20根")
			see(t, "finance", f.wecom("lizhang"), says("⚠️ 开票资料请核对 "+id, "红山诊所", "¥60.00", "缺税号", "没填开票抬头", "不影响发货"))
			see(t, "the warehouse", f.wecom("zhengku"), says("拣货 "+id))
			const failed = "SELECT COUNT(*) FROM deliveries WHERE platform = 'aps' AND status = 0 AND error <> ''"
			eventually(t, patience, "a failure", func() bool { return number(t, db, failed) == 1 }, func() string { return fmt.Sprint(planning.of(id)) })
			for _, who := range []string{"zhouting", "zhengku", "guanli"} {
				see(t, "three states", f.tell(who, "进度 "+id), says("开票核对：✅ 已发出", "预拣货：✅ 已发出", "排产：⚠️ 重试中", "对方没有应答或出错"))
			}

			// Minutes later operations hear of it, once.
			late := func() int64 { return number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind = 'dispatch.late'") }
			require.Zero(t, late())
			f.clock.advance(6 * time.Minute)
			see(t, "operations", f.wecom("sunyun"), says("⚠️ "+id+" 的排产还没发出去", "排产系统 APS", "会一直重发", "开票核对和预拣货不受影响"))
			tries, _ := planning.of(id)
			f.patiently(t, "more tries", func() bool { n, _ := planning.of(id); return len(n) > len(tries)+1 }, func() string { return fmt.Sprint(planning.of(id)) })
			require.EqualValues(t, 1, late())

			planning.answer(http.StatusOK)
			f.patiently(t, "arrival", func() bool { _, taken := planning.of(id); return taken == 1 }, func() string { return fmt.Sprint(planning.of(id)) })
			f.calm(t, db)
			see(t, "three states", f.tell("zhouting", "进度 "+id), says("开票核对：✅ 已发出", "预拣货：✅ 已发出", "排产：✅ 已发出"))
			all, taken := planning.of(id)
			require.Equal(t, 1, taken)
			for _, x := range all {
				require.Equal(t, all[0], x, "the same message with the same id, signed, at every try")
				require.True(t, x.signed)
			}
			var plan map[string]any
			require.NoError(t, json.Unmarshal([]byte(all[0].body), &plan))
			require.Equal(t, "order.plan", plan["type"])
			require.Equal(t, id, plan["order"])
			require.Equal(t, map[string]any{"no": 1.0, "product": "X02", "name": "国产缝线", "quantity": "20", "unit": "根", "short": "0"}, plan["lines"].([]any)[0])
			require.Equal(t, []string{"customer", "lines", "order", "revision", "type"}, slices.Sorted(maps.Keys(plan)), "no prices, nothing internal")

			// What finance has seen is one line from then on; data that are complete too; what was changed is shown.
			second := f.confirmed("zhouting", "红山诊所 国产缝线21根")
			see(t, "a line", f.wecom("lizhang"), says(second+" 已批准，开票资料缺税号、没填开票抬头", "说过"))
			third := f.confirmed("zhouting", "蓝海诊所 国产缝线22根")
			see(t, "a line", f.wecom("lizhang"), says(third+" 已批准，开票资料齐", "蓝海诊所", "¥66.00"))
			f.load("customers", "code,name,tax_number", "K02,红山诊所,914403001922038216", "K01,蓝海诊所,9144030071526726XH")
			eventually(t, patience, "new data", func() bool { return f.server.books.catalog().Customer("K02").TaxNumber != "" }, func() string { return "" })
			fourth := f.confirmed("zhouting", "红山诊所 国产缝线23根")
			see(t, "changed", f.wecom("lizhang"), says("⚠️ 开票资料改过，请核对 "+fourth, "税号：（空） → 914403001922038216"))
			f.clock.advance(2 * time.Minute)
			fifth := f.confirmed("zhouting", "蓝海诊所 国产缝线24根")
			see(t, "changed", f.wecom("lizhang"), says("⚠️ 开票资料改过，请核对 "+fifth, "9144030071526726XG → 9144030071526726XH", "校验位不对"))
			f.calm(t, db)

			// A change is sent anew, with its revision; a cancelled order is withdrawn.
			see(t, "cancelled", f.tell("zhouting", "取消 "+third+" 不要了"), says("已取消"))
			f.calm(t, db)
			all, taken = planning.of(third)
			require.Equal(t, 2, taken)
			require.Contains(t, all[len(all)-1].body, `"type":"order.withdrawn"`)
			sound(t, db)

			// What it refuses is told to operations in its words, once, and arrives when somebody has mended it.
			planning.answer(http.StatusUnprocessableEntity)
			f.clock.advance(2 * time.Minute)
			sixth := f.confirmed("zhouting", "蓝海诊所 国产缝线25根")
			see(t, "operations", f.wecom("sunyun"), says("排产系统 APS 不收 "+sixth, "没有这个物料"))
			see(t, "refused", f.tell("zhouting", "进度 "+sixth), says("开票核对：✅ 已发出", "预拣货：✅ 已发出", "排产：⚠️ 重试中", "对方不收"))
			f.clock.advance(11 * time.Minute)
			eventually(t, patience, "another try", func() bool { n, _ := planning.of(sixth); return len(n) == 2 }, func() string { return fmt.Sprint(planning.of(sixth)) })
			planning.answer(http.StatusOK)
			f.clock.advance(11 * time.Minute)
			eventually(t, patience, "arrival", func() bool { _, taken := planning.of(sixth); return taken == 1 }, func() string { return fmt.Sprint(planning.of(sixth)) })
			f.calm(t, db)
			require.EqualValues(t, 1, number(t, db, "SELECT COUNT(*) FROM deliveries WHERE order_id = ? AND kind = 'told'", sixth))

			// A change takes the place of what has not arrived before it.
			planning.answer(http.StatusInternalServerError)
			seventh := f.confirmed("zhouting", "蓝海诊所 国产缝线26根")
			eventually(t, patience, "a try", func() bool { n, _ := planning.of(seventh); return len(n) > 0 }, func() string { return "" })
			see(t, "a change", f.tell("zhouting", seventh+" 数量改成 36根"), offers("确认变更"))
			f.pressWeCom("zhouting", see(t, "a change", f.wecom("zhouting"), offers("确认变更", seventh)), "确认变更")
			eventually(t, patience, "both wait", func() bool {
				return number(t, db, "SELECT COUNT(*) FROM deliveries WHERE platform = 'aps' AND order_id = ?", seventh) == 2
			}, func() string { return fmt.Sprint(planning.of(seventh)) })
			f.patiently(t, "another try", func() bool {
				n, _ := planning.of(seventh)
				return strings.Contains(n[len(n)-1].body, `"quantity":"36"`)
			}, func() string { return fmt.Sprint(planning.of(seventh)) })
			planning.answer(http.StatusOK)
			f.calm(t, db)
			all, taken = planning.of(seventh)
			require.Equal(t, 1, taken)
			require.Contains(t, all[len(all)-1].body, `"quantity":"36"`)
			see(t, "arrived", f.tell("zhouting", "进度 "+seventh), says("排产：✅ 已发出"))
		})
	}
}

// What was sent and not recorded is sent again with the same id; an event that is handled again sends nothing more.
//
// feature: ST-08
func TestDispatchesSurviveACrash(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planning := newPlanningSystem(t)
			f := planningFirm(t, database(t), planning.settings()...)
			f.serve()
			db := f.sql()
			id := f.confirmed("zhouting", "红山诊所 国产缝线20根")
			eventually(t, patience, "arrival", func() bool { _, taken := planning.of(id); return taken == 1 }, func() string { return "" })
			quiet(t, db, patience)
			f.stop()
			kinds := "('" + strings.Join(orders.DispatchKinds, "', '") + "')"
			count := func() int64 { return number(t, db, "SELECT COUNT(*) FROM deliveries WHERE kind IN "+kinds) }
			before := count()
			require.EqualValues(t, 3, before, "finance, keeper, planning")
			shown := len(f.wecom("lizhang")())

			// The process died after sending and before recording it, and its events were not finished either.
			for _, statement := range []string{
				"UPDATE deliveries SET status = 0, sent_at = 0, due_at = 0, token = 'dead' WHERE kind IN " + kinds,
				"UPDATE events SET status = 0, due_at = 0, token = 'dead' WHERE kind IN ('order.approved', 'order.invoicing', 'order.planning')",
			} {
				_, err := db.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			f.serve()
			f.calm(t, db)
			require.Equal(t, before, count())
			all, taken := planning.of(id)
			require.Len(t, all, 2)
			require.Equal(t, 1, taken)
			require.Equal(t, all[0], all[1])
			require.Len(t, f.wecom("lizhang")(), shown, "WeCom swallows the second, which has the same key")
			sound(t, db)
		})
	}
}

// Changes reach planning with their revision, batches each by itself, and without a planning system the planner hears of what is to be made,
// and only of that.
//
// feature: ST-08
func TestPlanningFollowsTheOrder(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planning := newPlanningSystem(t)
			f := planningFirm(t, database(t), planning.settings()...)
			f.serve()
			db := f.sql()
			quantity := func(id string) string {
				all, _ := planning.of(id)
				if len(all) == 0 {
					return ""
				}
				var plan struct {
					Revision int
					Lines    []struct{ Quantity string }
				}
				require.NoError(t, json.Unmarshal([]byte(all[len(all)-1].body), &plan))
				return fmt.Sprint(plan.Revision, plan.Lines)
			}
			id := f.confirmed("zhouting", "红山诊所 国产缝线20根")
			eventually(t, patience, "the order", func() bool { return quantity(id) == "1 [{20}]" }, func() string { return quantity(id) })
			card := see(t, "a change", f.tell("zhouting", id+" 数量改成 30根"), offers("确认变更"))
			f.pressWeCom("zhouting", card, "确认变更")
			eventually(t, patience, "the change", func() bool { return quantity(id) == "2 [{30}]" }, func() string { return quantity(id) })
			f.calm(t, db)
			card = see(t, "two batches", f.tell("zhouting", "拆分 "+id+" 第一批10根 第二批其余"), offers("确认拆分"))
			f.pressWeCom("zhouting", card, "确认拆分")
			eventually(t, patience, "the first batch", func() bool { return quantity(id) == "3 [{10}]" }, func() string { return quantity(id) })
			other := ""
			eventually(t, patience, "the other", func() bool {
				got := texts(t, db, "SELECT id FROM orders WHERE id <> ?", id)
				if len(got) == 1 {
					other = got[0]
				}
				return other != "" && quantity(other) == "1 [{20}]"
			}, func() string { return quantity(other) })
			f.calm(t, db)
			sound(t, db)
			for _, who := range []string{id, other} {
				all, taken := planning.of(who)
				require.Len(t, all, taken, "nothing is sent twice")
			}
		})
	}
}

// feature: ST-08
func TestPlannerWithoutAPlanningSystem(t *testing.T) {
	t.Parallel()
	for name, database := range databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := planningFirm(t, database(t))
			f.employ(colleague{name: "纪划", role: orders.RolePlanner, wecom: "jihua"})
			f.serve()
			db := f.sql()
			stocked := f.confirmed("zhouting", "红山诊所 国产缝线20根")
			see(t, "the warehouse", f.wecom("zhengku"), says("拣货 "+stocked))
			made := f.confirmed("zhouting", "绿水诊所 定制推车2台")
			see(t, "the planner", f.wecom("jihua"), says("待排产 "+made, "定制推车", "定制", "排产 "+made))
			f.calm(t, db)
			require.Len(t, f.wecom("jihua")(), 1, "what lies in stock is nobody's to plan")
			f.clock.advance(2 * time.Minute)
			see(t, "nothing to plan", f.tell("guanli", "进度 "+stocked), says("开票核对：✅ 已发出", "排产：➖ 有现货，不用排"))
			see(t, "planned", f.tell("guanli", "进度 "+made), says("排产：✅ 已发出"))
			see(t, "cancelled", f.tell("zhouting", "取消 "+made+" 不要了"), says("已取消"))
			see(t, "stopped", f.wecom("jihua"), says("不用排产 "+made, "已取消"))
			f.calm(t, db)
			sound(t, db)
		})
	}
}
