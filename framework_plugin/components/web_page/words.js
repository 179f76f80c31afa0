// The words of the page itself, in Chinese and English.
import { kept } from "./dom.js";

const ZH = {
  skip: "跳到输入框", tools: "页面", log: "对话", say: "想说的话", hint: "想说点什么……",
  write: "写一句", send: "发送", older: "更早的对话", newest: "看最新的", typing: "{name}正在回",
  greeting: "你好，我是{name}", invitation: "想聊什么，慢慢说。",
  memory: "我的记忆", memoryTitle: "{name}记得你的事", close: "关上",
  theme: "颜色：{which}", system: "跟随系统", light: "浅色", dark: "深色", language: "English",
  you: "你", failed: "没发出去", again: "重发", today: "今天", yesterday: "昨天",
  offline: "连不上服务器，正在重试……", slow: "说得太快啦，{seconds}秒后再发。",
  busy: "前面的话还在回，稍等一下。", tooLong: "最多{most}个字，请删短一些。", broken: "出了点问题，请稍后再试。",
  failedReply: "这一句没能答上来，请再发一次。", image: "图片", attachment: "附件",
  helpful: "有帮助", unhelpful: "没帮助", notKept: "你还没同意被记住，所以没有记下。", thanks: "记下了，谢谢。",
  why: "为什么这样答", from: "出处", remembered: "用到的记忆", marks: { user: "你说：", bot: "回：", s: "开头", "/s": "末尾" }, source: "依据", sure: "把握", understood: "听成", waited: "用时",
  words: "一个词一个词地看", wordsNote: "底色越深，选这个词越有把握；下面的小字是当时最注意的词。",
  copied: "原样取自你的话或记忆：{what}", milliseconds: "{n} 毫秒",
  recalled: "选自学过的回答", searched: "逐词写出",
  kinds: {
    generated: "自己组织的语言", written: "事先写好的回答", faq: "常见问题", document: "资料", memory: "对你的记忆",
    person: "真人同事", handover: "人工接待", order: "订单", catalogue: "货架", clock: "时钟", unknown: "没有找到答案",
    choices: "几个可能的问题", plan: "你说过的计划", consent: "征求同意", link_code: "绑定账号", down: "查询暂不可用",
    none_of_them: "没有找到答案", unhelpful: "上一条没帮上", helpful: "你的评价",
  },
  facts: {
    name: "名字", nickname: "称呼", gender: "性别", age: "年龄", hometown: "家乡", city: "住在", occupation: "职业",
    birthday: "生日", family: "家人", pet: "宠物", like: "喜欢", dislike: "不喜欢", plan: "打算", note: "帮你记着",
  },
  memoryNote: "这些是你聊天时告诉我的。可以改，可以忘。", nothing: "还没有记住什么。聊着聊着，我会记下你愿意告诉我的事。",
  edit: "改", save: "存", cancel: "取消", forget: "忘掉", sureForget: "真的忘掉？", edited: "改好了：{value}", forgotten: "忘掉了：{value}",
  newValue: "{kind}改成", refused: "存不了：1 到 20 个字，不带标点，也不能是电话这类号码。",
  export: "导出全部", forgetAll: "忘掉我的一切", sureForgetAll: "再按一次，全部忘掉", allForgotten: "全部忘掉了，我们重新认识。",
  consent: "让我记住", consentAsk: "可以让{name}记住你吗？", gap: "",
  consentWhat: "同意之后，我们聊的话、你说起的自己（名字、喜好、打算）和你点的评价会存下来，好让下次还认得你、答得更合适。",
  consentMasks: "电话、证件、银行卡这类号码会遮住再存。", consentPeople: "帮你的同事看得到这些。",
  consentFree: "不同意也照样聊，只是什么都不存。同意了也随时能在「我的记忆」里撤回。", consentNotice: "隐私说明",
  consentAgree: "同意", consentLater: "先不用", consentLaterSaid: "好，先不存。改主意了，「我的记忆」里可以同意。",
  consentGiven: "{day}你同意了被记住。", consentNone: "你还没有同意被记住，所以这次聊的什么都没有存。", consentRefused: "{day}你说了不同意，所以什么都没有存。",
  consentWithdraw: "撤回同意", consentSure: "再按一次，撤回并删掉全部", consentThanks: "谢谢，我记着了。", consentGone: "撤回了，存下的都删掉了。",
  memoryAway: "这会儿读不到记忆，请稍后再试。",
  speak: "按住说话", stopSpeaking: "说完了", listening: "正在听……", understanding: "正在认……", bySpeech: "说的：",
  micRefused: "没有得到使用麦克风的允许，请在浏览器里打开。", micMissing: "没有找到能用的麦克风。",
  speech: "朗读回答", speechOn: "正在朗读回答", speechOff: "不朗读回答",
  voice_off: "语音还没有开。", voice_busy: "这会儿说话的人有点多，请稍等再说一遍。", voice_slow: "听了太久还没听完，请说短一点。",
  voice_too_long: "太长了，最多{seconds}秒，请分开说。", voice_unreadable: "这段录音打不开，请再说一遍。",
  voice_silent: "没听到声音，请离话筒近一点再说一遍。", voice_unclear: "没听清，请再说一遍，或者打字。", voice_broken: "这会儿听不了语音，请打字。",
  desk: "人工台", deskName: "你的名字", deskToken: "口令", deskEnter: "进入", deskLeave: "退出", deskWrong: "口令不对。",
  deskMissing: "服务器没有开人工台：credentials.yml 里要有 HandoverApi。", deskQueue: "等人工的对话", deskQuestions: "没答上来的问题",
  deskNobody: "没有人在等。", deskNoQuestions: "没有。", deskCase: "对话", deskChoose: "选一段对话。", deskWith: "{name}在接待", deskWaits: "等待中",
  deskTake: "我来接", deskSay: "对用户说", deskClose: "交还给助手", deskClosed: "这段对话已经结束。", deskUser: "用户", deskAssistant: "助手", deskPending: "还没送到",
  deskWaiting: "排队", deskTalks: "所有对话", deskUserId: "用户编号", deskSearch: "找", deskMore: "更早的", deskNoTalks: "没有这样的对话。",
  deskLinked: "同一个人：{who}", deskAnd: "、",
  deskReasons: { asked: "要找人工", complaint: "投诉", unanswered: "没答上来", anger: "生气了" },
};

const EN = {
  skip: "Skip to the message field", tools: "Page", log: "Conversation", say: "Your message", hint: "Say something…",
  write: "Write", send: "Send", older: "Earlier messages", newest: "Latest messages", typing: "{name} is replying",
  greeting: "Hello, I am {name}", invitation: "I speak Chinese. Take your time.",
  memory: "Memory", memoryTitle: "What {name} remembers of you", close: "Close",
  theme: "Colours: {which}", system: "system", light: "light", dark: "dark", language: "中文",
  you: "You", failed: "Not sent", again: "Send again", today: "Today", yesterday: "Yesterday",
  offline: "The server cannot be reached. Trying again…", slow: "That was quick. Wait {seconds} seconds.",
  busy: "Your last messages are still being answered.", tooLong: "At most {most} characters, please shorten it.", broken: "Something went wrong. Please try again later.",
  failedReply: "This could not be answered. Please send it again.", image: "Image", attachment: "Attachment",
  helpful: "Helpful", unhelpful: "Not helpful", notKept: "Not kept: you have not agreed to be remembered.", thanks: "Noted, thank you.",
  why: "Why this reply", from: "From", remembered: "Memory used", marks: { user: "you:", bot: "reply:", s: "start", "/s": "end" }, source: "Source", sure: "Confidence", understood: "Understood", waited: "Took",
  words: "Word by word", wordsNote: "The darker, the surer the word was; below it the word that was attended to most.",
  copied: "Taken as it is from your words or the memory: {what}", milliseconds: "{n} ms",
  recalled: "chosen among learned replies", searched: "written word by word",
  kinds: {
    generated: "its own words", written: "a prepared reply", faq: "frequent questions", document: "a document", memory: "its memory of you",
    person: "a person", handover: "the hand-over desk", order: "the order", catalogue: "the catalogue", clock: "the clock", unknown: "no answer was found",
    choices: "possible questions", plan: "a plan you told", consent: "asking for consent", link_code: "linking accounts", down: "not available now",
    none_of_them: "no answer was found", unhelpful: "the last one did not help", helpful: "your verdict",
  },
  facts: {
    name: "Name", nickname: "Called", gender: "Gender", age: "Age", hometown: "Home town", city: "Lives in", occupation: "Occupation",
    birthday: "Birthday", family: "Family", pet: "Pets", like: "Likes", dislike: "Dislikes", plan: "Plans", note: "Notes",
  },
  memoryNote: "You told me these. You can correct them or have them forgotten.", nothing: "Nothing yet. As we talk, I keep what you like to tell me.",
  edit: "Edit", save: "Save", cancel: "Cancel", forget: "Forget", sureForget: "Really forget?", edited: "Now: {value}", forgotten: "Forgotten: {value}",
  newValue: "New value of {kind}", refused: "That cannot be kept: 1 to 20 characters, no punctuation, no phone or card number.",
  export: "Export all", forgetAll: "Forget me", sureForgetAll: "Press again to forget all", allForgotten: "All is forgotten. Let us begin anew.",
  consent: "Being remembered", consentAsk: "May {name} remember you?", gap: " ",
  consentWhat: "If you agree, what we say, what you tell of yourself (name, likes, plans) and your verdicts are kept, to know you next time and answer you better.",
  consentMasks: "Phone, identity-card and bank-card numbers are masked first.", consentPeople: "People who help you can read it.",
  consentFree: "Without it we talk all the same, and nothing is kept. You can take it back at any time under Memory.", consentNotice: "Privacy notice",
  consentAgree: "Agree", consentLater: "Not now", consentLaterSaid: "Nothing is kept. You can agree under Memory at any time.",
  consentGiven: "On {day} you agreed to be remembered.", consentNone: "You have not agreed to be remembered: nothing of this conversation is kept.", consentRefused: "On {day} you refused: nothing is kept.",
  consentWithdraw: "Take it back", consentSure: "Press again to take it back and delete all", consentThanks: "Thank you. You are remembered now.", consentGone: "Taken back. All that was kept is deleted.",
  memoryAway: "The memory cannot be read now. Please try again later.",
  speak: "Hold to speak", stopSpeaking: "Done speaking", listening: "Listening…", understanding: "Understanding…", bySpeech: "spoken: ",
  micRefused: "The microphone is not allowed. Allow it in the browser.", micMissing: "No microphone was found.",
  speech: "Read replies aloud", speechOn: "Replies are read aloud", speechOff: "Replies are not read aloud",
  voice_off: "Speech is not set up.", voice_busy: "Many are speaking now. Please wait and say it again.", voice_slow: "That took too long. Please say it shorter.",
  voice_too_long: "That is too long: at most {seconds} seconds.", voice_unreadable: "The recording cannot be read. Please say it again.",
  voice_silent: "Nothing was heard. Please speak closer to the microphone.", voice_unclear: "That was not clear. Please say it again, or write.", voice_broken: "Speech does not work now. Please write.",
  desk: "Desk", deskName: "Your name", deskToken: "Token", deskEnter: "Enter", deskLeave: "Leave", deskWrong: "The token is wrong.",
  deskMissing: "The server has no desk: credentials.yml must name HandoverApi.", deskQueue: "Waiting for a person", deskQuestions: "Questions without an answer",
  deskNobody: "Nobody waits.", deskNoQuestions: "None.", deskCase: "Conversation", deskChoose: "Choose a conversation.", deskWith: "with {name}", deskWaits: "waiting",
  deskTake: "Take it", deskSay: "Say to the user", deskClose: "Give it back", deskClosed: "This conversation is closed.", deskUser: "User", deskAssistant: "Assistant", deskPending: "not delivered yet",
  deskWaiting: "Queue", deskTalks: "All conversations", deskUserId: "User id", deskSearch: "Search", deskMore: "Older ones", deskNoTalks: "There are none.",
  deskLinked: "The same person: {who}", deskAnd: ", ",
  deskReasons: { asked: "asked for a person", complaint: "complaint", unanswered: "no answer", anger: "anger" },
};

const chosen = kept.get("language");
const wanted = chosen ?? ((navigator.language || "zh").toLowerCase().startsWith("zh") ? "zh" : "en");
export const language = wanted === "en" ? "en" : "zh";
export const locale = language === "en" ? "en-GB" : "zh-CN";
const words = language === "en" ? EN : ZH;

/** The words for a key, `{…}` filled in; a group of words as it is. */
export function t(key, values = {}) {
  const found = words[key];
  return typeof found !== "string" ? found : found.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}

/** The name of a kind of source or fact; the kind itself if it has none. */
export const kindName = (group, kind) => words[group][kind] ?? kind;

/** Puts the words into the elements that are in the page from the beginning. */
export function translate() {
  document.documentElement.lang = locale;
  for (const found of document.querySelectorAll("[data-word]")) found.textContent = t(found.dataset.word);
  for (const found of document.querySelectorAll("[data-word-label]")) found.setAttribute("aria-label", t(found.dataset.wordLabel));
}

/** Loads the page in the other language. */
export function switchLanguage() {
  kept.set("language", language === "en" ? "zh" : "en");
  location.reload();
}
