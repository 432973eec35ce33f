"""Sovereign states by their usual names, and what their people are called."""

_COUNTRIES = """Afghanistan:Afghan Albania:Albanian Algeria:Algerian Andorra:Andorran Angola:Angolan
Argentina:Argentine,Argentinian Armenia:Armenian Australia:Australian Austria:Austrian Azerbaijan:Azerbaijani
Bahamas:Bahamian Bahrain:Bahraini Bangladesh:Bangladeshi Barbados:Barbadian Belarus:Belarusian Belgium:Belgian
Belize:Belizean Benin:Beninese Bhutan:Bhutanese Bolivia:Bolivian Bosnia_and_Herzegovina:Bosnian
Botswana:Botswanan Brazil:Brazilian Brunei:Bruneian Bulgaria:Bulgarian Burkina_Faso:Burkinabé
Burundi:Burundian Cambodia:Cambodian Cameroon:Cameroonian Canada:Canadian Cape_Verde:Cape_Verdean Chad:Chadian
Chile:Chilean China:Chinese Colombia:Colombian Comoros:Comorian Costa_Rica:Costa_Rican Croatia:Croatian,Croat
Cuba:Cuban Cyprus:Cypriot Czech_Republic:Czech Czechoslovakia:Czechoslovak Denmark:Danish Djibouti:Djiboutian
Dominica:Dominican Dominican_Republic:Dominican East_Timor:Timorese Ecuador:Ecuadorian Egypt:Egyptian
El_Salvador:Salvadoran England:English Eritrea:Eritrean Estonia:Estonian Ethiopia:Ethiopian Fiji:Fijian
Finland:Finnish France:French Gabon:Gabonese Gambia:Gambian Germany:German Georgia:Georgian Ghana:Ghanaian
Great_Britain:British Greece:Greek Grenada:Grenadian Guatemala:Guatemalan Guinea:Guinean Guyana:Guyanese
Haiti:Haitian Honduras:Honduran Hungary:Hungarian Iceland:Icelandic India:Indian Indonesia:Indonesian
Iran:Iranian Iraq:Iraqi Ireland:Irish Israel:Israeli Italy:Italian Ivory_Coast:Ivorian Jamaica:Jamaican
Japan:Japanese Jordan:Jordanian Kazakhstan:Kazakhstani,Kazakh Kenya:Kenyan Kiribati: Kosovo:Kosovar
Kuwait:Kuwaiti Kyrgyzstan:Kyrgyz Laos:Laotian Latvia:Latvian Lebanon:Lebanese Lesotho: Liberia:Liberian
Libya:Libyan Liechtenstein: Lithuania:Lithuanian Luxembourg:Luxembourgish Macedonia:Macedonian
Madagascar:Malagasy Malawi:Malawian Malaysia:Malaysian Maldives:Maldivian Mali:Malian Malta:Maltese
Marshall_Islands:Marshallese Mauritania:Mauritanian Mauritius:Mauritian Mexico:Mexican Micronesia:Micronesian
Moldova:Moldovan Monaco:Monégasque Mongolia:Mongolian Montenegro:Montenegrin Morocco:Moroccan
Mozambique:Mozambican Myanmar:Burmese Burma: Namibia:Namibian Nauru:Nauruan Nepal:Nepalese,Nepali
Netherlands:Dutch New_Zealand: Nicaragua:Nicaraguan Niger:Nigerien Nigeria:Nigerian North_Korea:North_Korean
North_Macedonia: Norway:Norwegian Oman:Omani Ottoman_Empire:Ottoman Pakistan:Pakistani Palau:Palauan
Palestine:Palestinian Panama:Panamanian Papua_New_Guinea: Paraguay:Paraguayan Peru:Peruvian
Philippines:Filipino,Philippine Poland:Polish Portugal:Portuguese Prussia:Prussian Qatar:Qatari
Republic_of_Ireland: Romania:Romanian Russia:Russian Russian_Empire: Rwanda:Rwandan Samoa:Samoan
San_Marino: Saudi_Arabia:Saudi Scotland:Scottish Senegal:Senegalese Serbia:Serbian Seychelles:
Sierra_Leone:Sierra_Leonean Singapore:Singaporean Slovakia:Slovak Slovenia:Slovenian,Slovene
Solomon_Islands: Somalia:Somali South_Africa:South_African South_Korea:South_Korean,Korean South_Sudan:
Soviet_Union:Soviet Spain:Spanish Sri_Lanka:Sri_Lankan Sudan:Sudanese Suriname:Surinamese Swaziland:Swazi
Sweden:Swedish Switzerland:Swiss Syria:Syrian Taiwan:Taiwanese Tajikistan:Tajik Tanzania:Tanzanian
Thailand:Thai Togo:Togolese Tonga:Tongan Trinidad_and_Tobago:Trinidadian Tunisia:Tunisian Turkey:Turkish
Turkmenistan:Turkmen Tuvalu: Uganda:Ugandan Ukraine:Ukrainian United_Arab_Emirates:Emirati
United_Kingdom:British United_States:American United_States_of_America:American USA: U.S.: US: UK: U.K.:
USSR: PRC: People's_Republic_of_China: West_Germany: East_Germany: Uruguay:Uruguayan Uzbekistan:Uzbek
Vanuatu: Vatican_City: Venezuela:Venezuelan Vietnam:Vietnamese Wales:Welsh Yemen:Yemeni
Yugoslavia:Yugoslav Zambia:Zambian Zimbabwe:Zimbabwean Nazi_Germany: Northern_Ireland:"""


def find_country(name: str) -> str | None:
    """The state that ``name`` is, or whose people it names; None if it is neither. Articles, case aside."""
    return _NAMES.get(name.casefold().removeprefix("the "))


def _read() -> dict[str, str]:
    names: dict[str, str] = {}
    for line in _COUNTRIES.split():
        country, _, people = (part.replace("_", " ") for part in line.partition(":"))
        for name in (country, *people.split(",")):
            if name:
                names.setdefault(name.casefold(), _FULL.get(country, country))
    return names


_FULL = {
    **dict.fromkeys(("USA", "U.S.", "US", "United States of America"), "United States"),
    **dict.fromkeys(("UK", "U.K.", "Great Britain"), "United Kingdom"),
    "USSR": "Soviet Union",
    "PRC": "China",
    "People's Republic of China": "China",
    "Burma": "Myanmar",
}
_NAMES = _read()
