"""Names of the rules. A name is stored with a system of identifiers and never changes."""

from collections.abc import Callable, Mapping

from patients.domain.check_digits import americas, europe, oceania

ALGORITHMS: Mapping[str, str] = {
    "damm": "Damm, digits",
    "iso7064.mod_11_10": "ISO 7064 mod 11,10, digits",
    "iso7064.mod_11_2": "ISO 7064 mod 11-2, digits and X",
    "iso7064.mod_37_2": "ISO 7064 mod 37-2, digits, letters and *",
    "iso7064.mod_37_36": "ISO 7064 mod 37,36, digits and letters",
    "iso7064.mod_97_10": "ISO 7064 mod 97-10, digits and letters",
    "luhn": "Luhn, digits",
    "verhoeff": "Verhoeff, digits",
}

#: The rule of former Yugoslavia, still given out by these countries.
_JMBG = ("ba.jmbg", "me.jmbg", "mk.embg", "rs.jmbg")

#: Where the module of python-stdnum has another name.
MODULES: Mapping[str, str] = {
    "in.aadhaar": "in_.aadhaar",
    "in.vid": "in_.vid",
    "is.kennitala": "is_.kennitala",
    "jp.in": "jp.in_",
    "sk.rc": "cz.rc",
    **dict.fromkeys(_JMBG, "si.emso"),
}

NATIONAL: Mapping[str, str] = {
    "ar.dni": "Argentina, DNI (form only)",
    "at.vnr": "Austria, Versicherungsnummer",
    "ba.jmbg": "Bosnia and Herzegovina, JMB",
    "be.bis": "Belgium, BIS number",
    "be.nn": "Belgium, national number",
    "be.ssn": "Belgium, national or BIS number",
    "bg.egn": "Bulgaria, EGN",
    "bg.pnf": "Bulgaria, personal number of a foreigner",
    "br.cpf": "Brazil, CPF",
    "ca.bc_phn": "Canada, British Columbia personal health number",
    "ca.sin": "Canada, social insurance number",
    "ch.ssn": "Switzerland, AHV number",
    "cl.rut": "Chile, RUT",
    "cn.ric": "China, resident identity card",
    "cr.cpf": "Costa Rica, cédula (form only)",
    "cu.ni": "Cuba, identity number (form and date only)",
    "cz.rc": "Czechia, rodné číslo",
    "de.idnr": "Germany, tax identification number",
    "dk.cpr": "Denmark, CPR (form and date only: the check digit was given up in 2007)",
    "do.cedula": "Dominican Republic, cédula",
    "ec.ci": "Ecuador, cédula",
    "ee.ik": "Estonia, isikukood",
    "es.dni": "Spain, DNI",
    "es.nie": "Spain, NIE",
    "fi.hetu": "Finland, henkilötunnus",
    "fr.nif": "France, tax number",
    "fr.nir": "France, NIR",
    "gb.nhs": "England and Wales, NHS number; Northern Ireland, H&C number",
    "gr.amka": "Greece, AMKA",
    "hr.oib": "Croatia, OIB",
    "id.nik": "Indonesia, NIK (form, place and date only)",
    "ie.pps": "Ireland, PPS number",
    "il.idnr": "Israel, mispar zehut",
    "in.aadhaar": "India, Aadhaar",
    "in.vid": "India, Aadhaar virtual number",
    "is.kennitala": "Iceland, kennitala",
    "it.codicefiscale": "Italy, codice fiscale",
    "jp.in": "Japan, individual number",
    "kr.rrn": "South Korea, resident registration number",
    "lt.asmens": "Lithuania, asmens kodas",
    "me.jmbg": "Montenegro, JMBG",
    "mk.embg": "North Macedonia, EMBG",
    "mu.nid": "Mauritius, national identifier",
    "mx.curp": "Mexico, CURP",
    "my.nric": "Malaysia, NRIC (form, place and date only)",
    "nl.bsn": "Netherlands, BSN",
    "no.fodselsnummer": "Norway, fødselsnummer, D and H numbers",
    "pe.cui": "Peru, CUI",
    "pk.cnic": "Pakistan, CNIC (form and place only)",
    "pl.pesel": "Poland, PESEL",
    "pt.cc": "Portugal, cartão de cidadão",
    "ro.cnp": "Romania, CNP",
    "rs.jmbg": "Serbia, JMBG",
    "se.personnummer": "Sweden, personnummer",
    "si.emso": "Slovenia, EMŠO",
    "sk.rc": "Slovakia, rodné číslo",
    "th.pin": "Thailand, personal number",
    "tr.tckimlik": "Turkey, T.C. kimlik",
    "ua.rntrc": "Ukraine, RNOKPP",
    "us.itin": "United States, ITIN (form only)",
    "us.ssn": "United States, social security number (form only)",
    "za.idnr": "South Africa, identity number",
}

OWN: Mapping[str, tuple[Callable[[str], str], str]] = {
    "au.ihi": (oceania.au_ihi, "Australia, individual healthcare identifier"),
    "au.medicare": (oceania.au_medicare, "Australia, Medicare card, with or without the person's number"),
    "br.cns": (americas.br_cns, "Brazil, cartão nacional de saúde"),
    "ca.on_hcn": (americas.ca_on_hcn, "Canada, Ontario health card number without version"),
    "de.kvnr": (europe.de_kvnr, "Germany, Krankenversichertennummer, unchanging part"),
    "gb.chi": (europe.gb_chi, "Scotland, CHI number"),
    "kz.iin": (europe.kz_iin, "Kazakhstan, IIN"),
    "lv.personas_kods": (europe.lv_personas_kods, "Latvia, personas kods"),
    "nz.nhi": (oceania.nz_nhi, "New Zealand, NHI, old and new form"),
    "ru.snils": (europe.ru_snils, "Russia, SNILS"),
}
