// A bot on npm's dingtalk-stream: takes messages and card clicks and acknowledges them. What it got goes to standard
// output, one line of JSON each. Usage: node stream.cjs API_URL LEGACY_URL CLIENT_ID CLIENT_SECRET
const axios = require('axios')
const { DWClient, TOPIC_ROBOT, TOPIC_CARD } = require('dingtalk-stream')

const [api, legacy, clientId, clientSecret] = process.argv.slice(2)
axios.interceptors.request.use((config) => {
  config.url = config.url
    .replace('https://api.dingtalk.com', api)
    .replace('https://oapi.dingtalk.com', legacy)
  return config
})
console.info = () => {}
console.warn = () => {}

const say = (what, body) => process.stdout.write(JSON.stringify({ what, body }) + '\n')
const client = new DWClient({ clientId, clientSecret, keepAlive: true })
client.registerCallbackListener(TOPIC_ROBOT, async (frame) => {
  const message = JSON.parse(frame.data)
  client.socketCallBackResponse(frame.headers.messageId, null)
  await axios.post(message.sessionWebhook, { msgtype: 'text', text: { content: '收到 ' + message.text.content } })
  say('message', message)
})
client.registerCallbackListener(TOPIC_CARD, (frame) => {
  const click = JSON.parse(frame.data)
  client.socketCallBackResponse(frame.headers.messageId, {
    cardUpdateOptions: { updateCardDataByKey: true },
    cardData: { cardParamMap: { title: '已同意', sys_full_json_obj: '{"msgButtons":[]}' } },
  })
  say('click', click)
})
client.registerAllEventListener((frame) => {
  say('event', frame.headers)
  return { status: 'SUCCESS' }
})
client.getAccessToken().then((token) => say('token', token))
client.connect()
