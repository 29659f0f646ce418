/**
 * Names of HTML that can run script, for the XSS detector: from the HTML standard, SVG, and what browsers had of their
 * own. Lower case.
 */
import { WordTable } from './word-table.ts';

/** The kind of all names in a table of one kind. */
const KNOWN = 'y';

/** Elements that run script, load content, or change how the rest of the page is read, whatever their attributes say. */
export const DANGEROUS_TAGS: WordTable = new WordTable({
  [KNOWN]: [
    'script iframe frame frameset object embed applet style link meta base svg math xml layer ilayer bgsound isindex',
    'import animate animatetransform animatemotion animatecolor foreignobject vmlframe event-source',
    'noscript noembed noframes plaintext xmp xss fencedframe',
  ].join(' '),
});

/** Attributes that run script or take markup, whatever their value. */
export const DANGEROUS_ATTRIBUTES: WordTable = new WordTable({
  [KNOWN]: [
    'style srcdoc formaction xmlns xlink:href xml:base datasrc datafld dataformatas attributename http-equiv',
    'fscommand seeksegmenttime implementation by-element folder classid codebase',
  ].join(' '),
});

/**
 * Event handlers. Within a tag any `on…` counts; these are for values that may stand in an attribute, where prose is
 * near: `online=1`.
 */
export const EVENT_HANDLERS: WordTable = new WordTable({
  [KNOWN]: [
    'onabort onactivate onafterprint onafterscriptexecute onafterupdate onanimationcancel onanimationend',
    'onanimationiteration onanimationstart onauxclick onbeforeactivate onbeforecopy onbeforecut onbeforedeactivate',
    'onbeforeeditfocus onbeforeinput onbeforematch onbeforepaste onbeforeprint onbeforescriptexecute onbeforetoggle',
    'onbeforeunload onbeforeupdate onbegin onblur onbounce oncancel oncanplay oncanplaythrough oncellchange onchange',
    'onclick onclose oncommand oncontextmenu oncontrolselect oncopy oncuechange oncut ondataavailable',
    'ondatasetchanged ondatasetcomplete ondblclick ondeactivate ondrag ondragdrop ondragend ondragenter ondragexit',
    'ondragleave ondragover ondragstart ondrop ondurationchange onemptied onend onended onerror onerrorupdate',
    'onfilterchange onfinish onfocus onfocusin onfocusout onformdata onformchange onforminput onfullscreenchange',
    'ongotpointercapture onhashchange onhelp oninput oninvalid onkeydown onkeypress onkeyup onlayoutcomplete onload',
    'onloadeddata onloadedmetadata onloadend onloadstart onlosecapture onlostpointercapture onmediacomplete',
    'onmediaerror onmessage onmessageerror onmousedown onmouseenter onmouseleave onmousemove onmouseout onmouseover',
    'onmouseup onmousewheel onmove onmoveend onmovestart onoffline ononline onoutofsync onpagehide onpageshow onpaste',
    'onpause onplay onplaying onpointercancel onpointerdown onpointerenter onpointerleave onpointermove onpointerout',
    'onpointerover onpointerrawupdate onpointerup onpopstate onprogress onpropertychange onratechange',
    'onreadystatechange onredo onrepeat onreset onresize onresizeend onresizestart onresume onreverse onrowdelete',
    'onrowenter onrowexit onrowinserted onrowsenter onrowsdelete onrowsinserted onscroll onscrollend',
    'onscrollsnapchange onscrollsnapchanging onsearch onsecuritypolicyviolation onseek onseeked onseeking onselect',
    'onselectionchange onselectstart onshow onslotchange onstalled onstart onstop onstorage onsubmit onsuspend',
    'onsyncrestored ontimeerror ontimeupdate ontoggle ontouchcancel ontouchend ontouchmove ontouchstart',
    'ontrackchange ontransitioncancel ontransitionend ontransitionrun ontransitionstart onundo onunhandledrejection',
    'onunload onurlflip onvolumechange onwaiting onwebkitanimationend onwebkitanimationstart',
    'onwebkittransitionend onwebkitmouseforcedown onwheel onzoom',
  ].join(' '),
});

/** Declarations behind `<!` and instructions behind `<?` that load or define something. */
export const DECLARATIONS: WordTable = new WordTable({
  [KNOWN]: 'doctype entity attlist element notation import xml-stylesheet xml:namespace php',
});
