// Compares sw_phone_parse() with libphonenumber over a generated corpus.
//
// For each calling code: its example numbers of every type, those with one digit changed, shortened and
// lengthened, and random numbers. The two take their ranges from metadata of different years, so some
// disagreement is right: `tolerances` says how much, region by region, and why. Prints what goes beyond; exit 1.

#include <cstdint>
#include <cstdio>
#include <list>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <phonenumbers/phonenumberutil.h>

#include "phone_tolerances.h"

extern "C" {
#include "wire/phone/phone.h"
}

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

struct Count {
	unsigned numbers = 0, possible = 0, valid = 0, region = 0, type = 0;
	std::string example;
};

const std::map<PhoneNumberUtil::PhoneNumberType, sw_phone_type> kTypes = {
	{ PhoneNumberUtil::FIXED_LINE, SW_PHONE_FIXED_LINE },
	{ PhoneNumberUtil::MOBILE, SW_PHONE_MOBILE },
	{ PhoneNumberUtil::FIXED_LINE_OR_MOBILE, SW_PHONE_FIXED_OR_MOBILE },
	{ PhoneNumberUtil::TOLL_FREE, SW_PHONE_TOLL_FREE },
	{ PhoneNumberUtil::PREMIUM_RATE, SW_PHONE_PREMIUM },
	{ PhoneNumberUtil::SHARED_COST, SW_PHONE_SHARED_COST },
	{ PhoneNumberUtil::VOIP, SW_PHONE_VOIP },
	{ PhoneNumberUtil::PERSONAL_NUMBER, SW_PHONE_PERSONAL },
	{ PhoneNumberUtil::PAGER, SW_PHONE_PAGER },
	{ PhoneNumberUtil::UAN, SW_PHONE_UAN },
	{ PhoneNumberUtil::VOICEMAIL, SW_PHONE_VOICEMAIL },
	{ PhoneNumberUtil::UNKNOWN, SW_PHONE_UNKNOWN },
};

uint32_t random_state = 20221104;

unsigned Random(unsigned below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

// What the other library says, for strict E.164 text.
struct Theirs {
	bool possible, valid;
	std::string region, e164;
	sw_phone_type type;
};

Theirs Ask(const PhoneNumberUtil &util, const std::string &text)
{
	Theirs theirs = { false, false, "", text, SW_PHONE_UNKNOWN };
	PhoneNumber number;

	if (util.Parse(text, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR)
		return theirs;
	theirs.possible = util.IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE;
	theirs.valid = util.IsValidNumber(number);
	util.Format(number, PhoneNumberUtil::E164, &theirs.e164);
	if (theirs.valid) {
		util.GetRegionCodeForNumber(number, &theirs.region);
		theirs.type = kTypes.at(util.GetNumberType(number));
	}
	return theirs;
}

void Compare(const PhoneNumberUtil &util, const std::string &text, Count *count)
{
	Theirs theirs = Ask(util, text);
	sw_phone ours;
	bool differs;

	if (sw_phone_parse({ text.data(), text.size() }, &ours))
		return;
	count->numbers++;
	differs = ours.valid != theirs.valid;
	count->valid += differs;
	// Trunk prefixes are taken out here only when that makes a valid number: then the texts need not agree.
	if (!ours.valid && !theirs.valid && theirs.e164 == ours.e164 && ours.possible != theirs.possible) {
		count->possible++;
		differs = true;
	}
	if (ours.valid && theirs.valid && theirs.region != ours.region) {
		count->region++;
		differs = true;
	} else if (ours.valid && theirs.valid && theirs.type != ours.type) {
		count->type++;
		differs = true;
	}
	if (differs && count->example.empty())
		count->example = text + " here: " + (ours.valid ? ours.region : "-") + " " + sw_phone_type_name(ours.type) +
				 (ours.possible ? " possible" : "") + ", there: " + (theirs.valid ? theirs.region : "-") + " " +
				 sw_phone_type_name(theirs.type) + (theirs.possible ? " possible " : " ") + theirs.e164;
}

void Variants(const std::string &text, size_t national_at, std::set<std::string> *corpus)
{
	corpus->insert(text);
	for (size_t i = national_at; i < text.size(); i++)
		for (char digit = '0'; digit <= '9'; digit++) {
			std::string other = text;
			other[i] = digit;
			corpus->insert(other);
		}
	corpus->insert(text.substr(0, text.size() - 1));
	corpus->insert(text + "5");
}

void Examples(const PhoneNumberUtil &util, int code, std::set<std::string> *corpus)
{
	std::list<std::string> regions;
	size_t national_at = std::to_string(code).size() + 1;

	util.GetRegionCodesForCountryCallingCode(code, &regions);
	for (const std::string &region : regions)
		for (const auto &type : kTypes) {
			PhoneNumber number;
			std::string text;

			if (region == "001" ? !util.GetExampleNumberForNonGeoEntity(code, &number) :
					      !util.GetExampleNumberForType(region, type.first, &number))
				continue;
			util.Format(number, PhoneNumberUtil::E164, &text);
			Variants(text, national_at, corpus);
		}
}

void Randoms(int code, std::set<std::string> *corpus)
{
	for (int i = 0; i < 400; i++) {
		std::string text = "+" + std::to_string(code);
		size_t digits = 7 + Random(9);

		while (text.size() < digits + 1)
			text += static_cast<char>('0' + Random(10));
		corpus->insert(text);
	}
}

bool Judge(int code, const Count &count)
{
	unsigned worst = count.possible + count.valid + count.region + count.type;
	unsigned allowed = kDefaultPerMille;
	const char *why = "by default";

	for (const Tolerance &t : tolerances)
		if (t.calling_code == code) {
			allowed = t.per_mille;
			why = t.why;
		}
	if (worst * 1000 > allowed * count.numbers)
		printf("# +%d: %u numbers; differ in possible %u, valid %u, region %u, type %u (%u of 1000; allowed %u %s): %s\n",
		       code, count.numbers, count.possible, count.valid, count.region, count.type,
		       (worst * 1000 + count.numbers - 1) / count.numbers, allowed, why, count.example.c_str());
	return worst * 1000 <= allowed * count.numbers;
}

} // namespace

int main()
{
	const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
	unsigned bad = 0, numbers = 0, differ = 0, codes = 0;

	for (int code = 1; code < 1000; code++) {
		std::list<std::string> regions;
		std::set<std::string> corpus;
		Count count;

		util.GetRegionCodesForCountryCallingCode(code, &regions);
		if (!regions.empty())
			Examples(util, code, &corpus);
		if (!regions.empty() || code % 50 == 0)
			Randoms(code, &corpus);
		for (const std::string &text : corpus)
			Compare(util, text, &count);
		codes += count.numbers > 0;
		numbers += count.numbers;
		differ += count.possible + count.valid + count.region + count.type;
		bad += count.numbers && !Judge(code, count);
	}
	printf("1..1\n%s 1 - %u numbers of %u calling codes, %u differ, %u codes beyond their tolerance\n",
	       bad ? "not ok" : "ok", numbers, codes, differ, bad);
	return bad > 0;
}
