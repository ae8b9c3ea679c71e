#include "tests/data/studies.h"

#include <array>

namespace sluis::registry {
namespace {

using Text = std::string_view;
using Texts = std::span<const Text>;

constexpr Text dutch_schools[] = {
    "GO! Atheneum Antwerpen",          "Sint-Jozefscollege Aalst",          "Sint-Barbaracollege Gent",
    "Heilig-Hartinstituut Heverlee",   "Don Boscocollege Hechtel",          "VTI Roeselare",
    "GO! Technisch Atheneum Mechelen", "Sint-Pieterscollege Leuven",        "Provinciale School Hasselt",
    "Virga Jessecollege Hasselt",      "Sint-Lodewijkscollege Brugge",      "Koninklijk Atheneum Brussel",
    "Instituut Onze-Lieve-Vrouw Genk", "Scheppersinstituut Deurne",         "Stedelijk Lyceum Antwerpen",
    "Sint-Ursula-instituut Lier",      "College Onze-Lieve-Vrouw Turnhout", "GTI Beveren"};
constexpr Text dutch_colleges[] = {"Hogeschool Gent",
                                   "AP Hogeschool Antwerpen",
                                   "UC Leuven-Limburg",
                                   "Thomas More Kempen",
                                   "Arteveldehogeschool",
                                   "Odisee",
                                   "Hogeschool VIVES",
                                   "Karel de Grote Hogeschool",
                                   "Howest",
                                   "Erasmushogeschool Brussel",
                                   "Hogeschool PXL",
                                   "LUCA School of Arts"};
constexpr Text dutch_universities[] = {"KU Leuven", "Universiteit Gent", "Universiteit Antwerpen",
                                       "Vrije Universiteit Brussel", "Universiteit Hasselt"};
constexpr Text french_schools[] = {"Athénée royal de Liège 1",
                                   "Collège Saint-Michel, Etterbeek",
                                   "Institut Saint-Luc, Tournai",
                                   "Athénée royal d'Uccle 1",
                                   "Collège Saint-Servais, Liège",
                                   "Institut technique de Namur",
                                   "Lycée Émile Jacqmain, Bruxelles",
                                   "Collège Notre-Dame de Basse-Wavre",
                                   "Athénée royal de Mons",
                                   "Institut Sainte-Marie, La Louvière",
                                   "Athénée royal de Huy",
                                   "Collège Saint-Stanislas, Mons",
                                   "Institut de la Providence, Herve",
                                   "Athénée Léonie de Waha",
                                   "Université du Travail, Charleroi"};
constexpr Text french_colleges[] = {"Haute École Léonard de Vinci",
                                    "HEPL – Haute École de la Province de Liège",
                                    "Haute École en Hainaut",
                                    "HELMo",
                                    "Haute École Louvain en Hainaut",
                                    "HE2B",
                                    "Haute École Galilée",
                                    "HENALLUX",
                                    "EPHEC",
                                    "Haute École Francisco Ferrer",
                                    "Haute École Charlemagne",
                                    "Haute École Lucia de Brouckère"};
constexpr Text french_universities[] = {"Université catholique de Louvain",
                                        "Université libre de Bruxelles",
                                        "Université de Liège",
                                        "Université de Namur",
                                        "Université de Mons",
                                        "Université Saint-Louis – Bruxelles"};
constexpr Text german_schools[] = {"Königliches Athenäum Eupen",    "Pater-Damian-Schule Eupen",
                                   "Bischöfliche Schule St. Vith",  "César-Franck-Athenäum Kelmis",
                                   "Maria-Goretti-Schule St. Vith", "Robert-Schuman-Institut Eupen"};
constexpr Text german_colleges[] = {"Autonome Hochschule Ostbelgien", "Institut für Aus- und Weiterbildung, Eupen"};

constexpr Text dutch_4[] = {"Diploma van secundair onderwijs,", "Diploma secundair onderwijs (7de jaar),"};
constexpr Text dutch_5[] = {"Gegradueerde in de", "Diploma hoger beroepsonderwijs,"};
constexpr Text dutch_6[] = {"Professionele bachelor in de", "Academische bachelor in de", "Bachelor in de"};
constexpr Text dutch_7[] = {"Master in de", "Master of Science in de", "Licentiaat in de", "Educatieve master in de"};
constexpr Text dutch_8[] = {"Doctor in de"};
constexpr Text french_4[] = {"Certificat d'enseignement secondaire supérieur,", "Certificat de qualification,"};
constexpr Text french_5[] = {"Brevet d'enseignement supérieur,", "Graduat,"};
constexpr Text french_6[] = {"Bachelier,", "Bachelier professionnalisant,", "Bachelier de transition,"};
constexpr Text french_7[] = {"Master,", "Master à finalité spécialisée,", "Master à finalité didactique,", "Licence,"};
constexpr Text french_8[] = {"Doctorat,"};
constexpr Text german_4[] = {"Abschlusszeugnis der Oberstufe des Sekundarunterrichts,"};
constexpr Text german_5[] = {"Brevet,"};
constexpr Text german_6[] = {"Bachelor,"};
constexpr Text german_7[] = {"Master,"};
constexpr Text german_8[] = {"Doktorat,"};

constexpr Text dutch_secondary[] = {"humane wetenschappen",
                                    "economie-moderne talen",
                                    "sociale en technische wetenschappen",
                                    "wetenschappen-wiskunde",
                                    "handel",
                                    "verzorging",
                                    "Latijn-moderne talen",
                                    "elektromechanica",
                                    "kantoor",
                                    "economie-wiskunde",
                                    "houttechnieken",
                                    "Latijn-wiskunde",
                                    "industriële wetenschappen",
                                    "hotel",
                                    "elektrische installaties",
                                    "moderne talen-wetenschappen",
                                    "lichamelijke opvoeding en sport",
                                    "bouw",
                                    "Grieks-Latijn",
                                    "beeldende vorming",
                                    "land- en tuinbouw",
                                    "haarzorg"};
constexpr Text french_secondary[] = {"enseignement général",
                                     "technique de transition",
                                     "puériculture",
                                     "gestion",
                                     "sciences sociales et éducatives",
                                     "technicien de bureau",
                                     "électricien-automaticien",
                                     "aide-soignant",
                                     "artistique de transition",
                                     "hôtelier-restaurateur",
                                     "menuisier",
                                     "coiffeur",
                                     "mécanicien polyvalent automobile",
                                     "agent d'éducation",
                                     "tourisme",
                                     "horticulteur"};
constexpr Text german_secondary[] = {"allgemeinbildender Unterricht",
                                     "Wirtschaft und Sprachen",
                                     "Elektromechanik",
                                     "Sozialpädagogik",
                                     "Holz",
                                     "Hotel- und Gaststättengewerbe",
                                     "Bürokaufleute"};

constexpr Text dutch_subjects[] = {"verpleegkunde",
                                   "handelswetenschappen",
                                   "rechten",
                                   "toegepaste informatica",
                                   "bedrijfskunde",
                                   "psychologie",
                                   "geneeskunde",
                                   "lerarenopleiding lager onderwijs",
                                   "elektromechanica",
                                   "toegepaste economische wetenschappen",
                                   "sociaal werk",
                                   "industriële wetenschappen",
                                   "lerarenopleiding secundair onderwijs",
                                   "communicatiewetenschappen",
                                   "bouwkunde",
                                   "pedagogische wetenschappen",
                                   "taal- en letterkunde",
                                   "geschiedenis",
                                   "biomedische wetenschappen",
                                   "lichamelijke opvoeding",
                                   "architectuur",
                                   "politieke wetenschappen",
                                   "chemie",
                                   "wiskunde",
                                   "revalidatiewetenschappen en kinesitherapie",
                                   "hotelmanagement",
                                   "burgerlijk ingenieur: bouwkunde",
                                   "biologie",
                                   "farmaceutische wetenschappen",
                                   "grafische en digitale media",
                                   "sociologie",
                                   "fysica",
                                   "tandheelkunde",
                                   "diergeneeskunde",
                                   "wijsbegeerte",
                                   "audiovisuele kunsten",
                                   "bio-ingenieurswetenschappen",
                                   "logopedie en audiologie",
                                   "muziek",
                                   "archeologie"};
constexpr Text french_subjects[] = {"soins infirmiers",
                                    "sciences économiques et de gestion",
                                    "droit",
                                    "comptabilité",
                                    "instituteur primaire",
                                    "sciences psychologiques",
                                    "médecine",
                                    "informatique de gestion",
                                    "assistant social",
                                    "électromécanique",
                                    "ingénieur industriel",
                                    "sciences politiques",
                                    "marketing",
                                    "éducateur spécialisé",
                                    "construction",
                                    "kinésithérapie",
                                    "information et communication",
                                    "langues et lettres françaises et romanes",
                                    "histoire",
                                    "sciences biologiques",
                                    "architecture",
                                    "sciences pharmaceutiques",
                                    "ingénieur civil",
                                    "sciences chimiques",
                                    "agronomie",
                                    "éducation physique",
                                    "logopédie",
                                    "sage-femme",
                                    "sciences mathématiques",
                                    "techniques graphiques",
                                    "médecine vétérinaire",
                                    "sciences physiques",
                                    "traduction et interprétation",
                                    "philosophie",
                                    "arts plastiques",
                                    "musique"};
constexpr Text german_subjects[] = {"Gesundheits- und Krankenpflegewissenschaften",
                                    "Lehramt Primarschule",
                                    "Buchhaltung",
                                    "Bürokommunikation",
                                    "Elektrotechnik",
                                    "Naturwissenschaften",
                                    "Wirtschaftswissenschaften",
                                    "Lehramt Kindergarten",
                                    "Holztechnik",
                                    "Sprachen"};

constexpr Text dutch_grades[] = {"voldoening", "onderscheiding", "grote onderscheiding", "grootste onderscheiding"};
constexpr Text french_grades[] = {"satisfaction", "distinction", "grande distinction", "la plus grande distinction"};
constexpr Text german_grades[] = {"bestanden", "Auszeichnung", "große Auszeichnung", "höchste Auszeichnung"};

struct Education {
  Texts schools, colleges, universities;
  std::array<Texts, 5> titles;
  Texts secondary, subjects, grades;
};

constexpr Education dutch{
    dutch_schools,   dutch_colleges, dutch_universities, {dutch_4, dutch_5, dutch_6, dutch_7, dutch_8},
    dutch_secondary, dutch_subjects, dutch_grades};
constexpr Education french{
    french_schools,   french_colleges, french_universities, {french_4, french_5, french_6, french_7, french_8},
    french_secondary, french_subjects, french_grades};
// There is no university in the German-speaking region: its students go to the French-speaking ones.
constexpr Education german{
    german_schools,   german_colleges, french_universities, {german_4, german_5, german_6, german_7, german_8},
    german_secondary, german_subjects, german_grades};

const Education& education(Language language) {
  switch (language) {
    case Language::dutch:
      return dutch;
    case Language::french:
      return french;
    case Language::german:
      break;
  }
  return german;
}

}  // namespace

std::span<const std::string_view> institutions(Language language, Level level) {
  const auto& all = education(language);
  if (level <= 4) return all.schools;
  return level <= 6 ? all.colleges : all.universities;
}

std::span<const std::string_view> titles(Language language, Level level) {
  return education(language).titles.at(level - lowest_level);
}

std::span<const std::string_view> subjects(Language language, Level level) {
  const auto& all = education(language);
  return level == lowest_level ? all.secondary : all.subjects;
}

std::span<const std::string_view> grades(Language language) {
  return education(language).grades;
}

}  // namespace sluis::registry
