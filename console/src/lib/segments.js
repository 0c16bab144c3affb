// How a text is cut for SMS: GSM-7 (3GPP TS 23.038) or UCS-2.  The server counts too; this shows why.
const BASIC = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENDED = '\f^{}\\[~]|€';

/** -> {encoding, units, perSegment, segments, strangers: the characters that GSM-7 lacks} */
export function cut(text) {
	const characters = [...text];
	const strangers = [...new Set(characters.filter((c) => !BASIC.includes(c) && !EXTENDED.includes(c)))];
	const gsm = strangers.length === 0;
	const sizes = characters.map((c) => (gsm ? (EXTENDED.includes(c) ? 2 : 1) : c.length));
	const units = sizes.reduce((sum, n) => sum + n, 0);
	const [single, part] = gsm ? [160, 153] : [70, 67];
	let segments = units === 0 ? 0 : 1;
	if (units > single) {
		let used = 0;
		for (const size of sizes) {
			if (used + size > part) {
				segments++;
				used = 0;
			}
			used += size;
		}
	}
	return { encoding: gsm ? 'GSM-7' : 'UCS-2', units, perSegment: units > single ? part : single, segments, strangers };
}
