package intake

import (
	"regexp"
	"slices"
)

// A followUp is what a message says about an order on its way: where it is, why it is late, that it should hurry. Each is told
// by what people combine, a verb of delivery with a question, a delay with a why, a wish with a word for hurry, so that no list of
// whole sentences is needed.
type followUp struct {
	status bool // asks how far it is
	urge   bool // wants it sooner
	why    bool // asks why it is late; status or urge holds as well
	wish   bool // urge is put as a wish or question of its own, whatever else the message names
}

const (
	whyWords    = `为什么|为啥|为何|为嘛|怎么|咋|原因|什么情况|啥情况|搞什么`
	waitedWords = `还(?:没|不|未)|迟迟|(?:怎么|咋|一直|到现在|至今)[^,。?!]{0,4}(?:没|不|未)(?:有)?(?:到|发|送|来|寄|收|出|走|见|安排)|没(?:到|发|送|寄|收到)`
	lateWords   = `延迟|延误|延期|推迟|推后|耽误|耽搁|滞留|超时|超期|逾期|误点|晚点|晚了|迟了|迟到|[这那]么(?:慢|久|晚)|太慢|好慢|拖|卡[在住了]|(?:没|不)(?:动|更新)|还在仓库|还在路上|停着|` + waitedWords
	hurryWords  = `抓点紧|加点紧|赶出|加个?急|加快|赶[快紧]|快(?:点|些|一点|一些|[啊呀!])|早(?:点|些|一点|[一几两半]天)|提[前早]|赶一?[下赶]|优先|插[个一]?下?队|催|抓紧|尽[快早]|马上|立[刻即]|急[用需等着]|着急|先(?:发|送|给我)|救急`
	wishWords   = `能不能|能否|可不可以|可否|可以|能|帮|麻烦|请|拜托|希望|想|行不|行吗|好吗|好不|务必|求`
	moves       = `到|发|送|寄|收|走|派|出|运|来`
	whenWords   = `什么时候|啥时候|什么时间|啥时间|几时|何时|哪天|几号|几点|多会儿?`
)

var (
	followLate   = regexp.MustCompile(`(?:` + whyWords + `).*(?:` + lateWords + `)|(?:` + lateWords + `).*(?:` + whyWords + `)|(?:不是说|说好)[^。?!]{0,10}(?:` + moves + `)[^。!]{0,6}(?:吗|呢|怎么|咋|没)|why\b.*\b(?:late|delay|not\b|so long|slow)`)
	followAgain  = regexp.MustCompile(waitedWords)
	followWish   = regexp.MustCompile(`(?:` + wishWords + `)[^,。;]{0,12}(?:` + hurryWords + `)|(?:` + hurryWords + `)[^,。;]{0,10}(?:吗|么|行不|好不|可以|不\?)|(?:能不能|能否|可不可以|可否|能)[^,。]{0,3}(?:今天|今晚|今日|当天)[^,。]{0,3}(?:` + moves + `)|(?:今天|今晚|当天)(?:能不能|能否|可不可以)`)
	followHurry  = regexp.MustCompile(`抓点紧|催|等着[呢用]|都等着|还(?:没|不|未)(?:到|发|送|来|寄)|没到呢|等急|等不了|再不[到来发]|快点|快[啊!]|加[快急]|[抓赶]紧|尽[快早](?:发|送|安排|处理)|优先|(?:早[点些]|提前)(?:发|送|到)|加个急|hurry|expedite|\brush\b|speed up|as soon as|asap`)
	followWhere  = regexp.MustCompile(`(?:` + moves + `|卡)(?:到|在|去|往)?了?(?:哪|什么地方|啥地方|什么位置)|(?:货|单|件|包裹|快递|东西|车)[^,。]{0,6}(?:在|去)(?:了)?(?:哪|什么地方|啥地方)|哪一步|哪个环节|到哪个|哪个城市|where(?:'s| is| are)\b.{0,24}\b(?:order|package|parcel|goods|shipment|delivery)|\btrack(?:ing)?\b|order status|when will .{0,24}(?:arrive|ship|deliver)`)
	followDone   = regexp.MustCompile(`(?:` + moves + `|装车|发车|签收|揽收|出库|出货|送达|发货|到货)(?:到|货|出去?|出来|走|过来|来|了车)?(?:了没有?|了吗|了么|没有|没|了不)(?:[?!,。 呢啊呀]|$)|到没到|发没发|送没送|走没走|出没出|shipped|delivered yet`)
	followWhen   = regexp.MustCompile(`(?:` + whenWords + `)(?:才|能|可以|会|大概|大约|就|可|给|我们?|你们?|货)*(?:` + moves + `)|还(?:要|有|得|需要?)(?:多久|多长时间|几天|多少天|几个?小时)|(?:能|会|可以)(?:收到|到|送到|送达|到货)货?(?:吗|么|不\?|不$)`)
	followParcel = regexp.MustCompile(`物流|快递单号?|快递号|运单|包裹|派送|单号(?:[给发报是有呢多?]|麻烦)|(?:订单|单子|那单|货|发货|物流)[^,。]{0,4}(?:情况|状态|进展|进度)|(?:什么|啥|看|查|问|有)[一下看没]{0,2}[^,。]{0,3}(?:进度|进展|动静)|查[一下询查看]{0,2}[^,。]{0,8}(?:订单|单子|快递|货到|包裹|件到|发货)|(?:货|东西|快递|那单|单子)呢|看看(?:咋|怎么)回事|帮查|查一?下|查查|查询|卡(?:了|.天)|签收`)
)

// follow tells what the message says about an order on its way.
func (s *scan) follow() *followUp {
	if s.followed == nil {
		r := s.r
		for i := range s.exact {
			if s.exact[i] > i && i < len(r) {
				if &r[0] == &s.r[0] {
					r = slices.Clone(s.r)
				}
				r[i] = ' ' // 催干剂 hurries nobody
			}
		}
		f := followIn(string(r))
		s.followed = &f
	}
	return s.followed
}

func followIn(t string) followUp {
	f := followUp{why: followLate.MatchString(t), wish: followWish.MatchString(t)}
	f.urge = f.wish || followHurry.MatchString(t) || f.why && followAgain.MatchString(t)
	f.status = !f.urge && f.why || followWhere.MatchString(t) || followDone.MatchString(t) || followWhen.MatchString(t) || followParcel.MatchString(t)
	return f
}

// forwarding tells whether the item is what somebody wants to know of an order on its way: 司机电话给一个.
func (it *wanted) forwarding() bool {
	return it.res.product < 0 && says(it.said, []string{"电话", "司机", "单号", "号码", "回单", "照片", "图片", "定位", "位置", "联系方式"})
}

// longestQuestion is how many bytes of words without a pause, some sixty characters, may be one question: of a hundred items with
// thousands of characters each nobody asks anything, and looking takes a third of a second.
const longestQuestion = 180

// followsUp tells whether the item is no goods but words of a question after an order: 单号给一个, 气管咋还没见着,两台机子停着.
func (it *wanted) followsUp() bool {
	if it.res.product >= 0 || len(it.res.options) > 0 || len(it.said) > longestQuestion {
		return false
	}
	f := followIn(it.said)
	return f.status || f.why || followAgain.MatchString(it.said)
}
