// Package simulator plays the chat platforms and Kuaidi100 on loopback: WeCom with 微信客服,
// the WeChat service account, DingTalk with its Stream gateway, and Kuaidi100. It speaks their
// wire protocols as strictly as they do, written from their documentation and on its own: it
// shares no code with the server that talks to it.
//
// # Start
//
//	sim := simulator.New(simulator.Options{Now: clock})
//	err := sim.Start()
//	defer sim.Close()
//	sim.WeComURL()                       // wecom.api_url, and so on for each platform
//	sim.Credentials().WeCom.AESKey       // what the server's configuration needs
//	sim.SetCallbacks("http://127.0.0.1:8080")
//
// Each platform listens on its own port, so that one can be taken down ([Simulator.SetDown])
// while the others work.
//
// # Acting as a person
//
// People are made with AddMember (WeCom), AddCustomer (微信客服), AddFollower (service account)
// and AddPerson (DingTalk). What they do is a method of the platform: SendText, SendImage,
// Click, Enter. Such a call delivers the platform's signed callback (or pushes the frame) and
// returns a [Delivery] or a [Push] once the server has answered or the platform has given up:
//
//	sim.WeCom.AddMember("zhangsan", "张三")
//	d := sim.WeCom.SendText(ctx, "zhangsan", "A12 500盒")
//	d.Accepted                            // some attempt got its 200 in time
//	for _, b := range sim.WeCom.Screen("zhangsan") { … }
//	sim.WeCom.Click(ctx, "zhangsan", taskID, "confirm")
//
// Screen returns what the person sees now: texts as the client would cut them, cards after their
// updates with the buttons that can still be pressed, for this person alone. A person cannot
// press what is not on the screen: [ErrNotOnScreen]; [Forced] presses all the same.
// [Simulator.Await] waits until a screen shows something, without sleeping.
//
// # Time
//
// Every window (tokens, response codes, 48 hours, rates by the minute) runs on Options.Now and so
// can be moved. What a network does runs on the real clock: the 5 s cut-off of a callback, the 2 s
// of a card click, the calls that an API takes in a second or a minute, slow answers.
//
// # Trouble on demand
//
// [Simulator.Fault] makes the next calls fail the way platforms fail; [Simulator.SetDown] takes a
// host away; [DeliveryPolicy] sets copies, retries and order of what goes in; options such as
// [Tampered] spoil a single envelope. [Simulator.Calls] is the log of everything, [Simulator.Watch]
// tells of each new entry and each change of a screen.
//
// # Strictness
//
// Unknown and missing fields, wrong types, over-long values, foreign and expired tokens, reused
// codes and exceeded rates get the platform's own error code and shape. Where the documentation
// leaves the code open, the nearest of the platform's published codes is used and the place says
// so. Fields that a client merely cuts are cut, and [Bubble].Cut names them.
package simulator
