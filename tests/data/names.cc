#include "tests/data/names.h"

namespace sluis::registry {
namespace {

using Name = std::string_view;

constexpr Name dutch_men[] = {
    "Jan",      "Tom",     "Peter",   "Bart",   "Luc",    "Marc",  "Pieter", "Wim",     "Jeroen",  "Kristof",
    "Steven",   "Koen",    "Dirk",    "Kevin",  "Thomas", "Dries", "Stijn",  "Jonas",   "Wout",    "Maarten",
    "Joris",    "Hans",    "Geert",   "Filip",  "Bram",   "Ruben", "Jelle",  "Sander",  "Jasper",  "Robbe",
    "Arne",     "Senne",   "Lars",    "Niels",  "Gert",   "Johan", "Frank",  "Stefaan", "Tim",     "Davy",
    "Matthias", "Simon",   "Michiel", "Bert",   "Lukas",  "Seppe", "Brecht", "Jef",     "Mathijs", "Laurens",
    "Kobe",     "Emiel",   "Mohamed", "Yusuf",  "Tibo",   "Warre", "Karel",  "Gijs",    "Joost",   "Raf",
    "André",    "Gustaaf", "René",    "Jérôme", "Ömer",   "Bilal", "Ilias",  "Rik",     "Ward",    "Thijs"};

constexpr Name dutch_women[] = {
    "An",        "Els",   "Sarah",  "Laura",    "Emma",     "Lotte",    "Sofie",  "Katrien",  "Lien",   "Ellen",
    "Evelien",   "Julie", "Kim",    "Ine",      "Leen",     "Hilde",    "Greet",  "Sara",     "Eline",  "Jolien",
    "Charlotte", "Nele",  "Veerle", "Ann",      "Marie",    "Liesbeth", "Tine",   "Anke",     "Silke",  "Femke",
    "Karen",     "Hanne", "Lisa",   "Britt",    "Amber",    "Fien",     "Noor",   "Louise",   "Elise",  "Jana",
    "Griet",     "Ilse",  "Inge",   "Kathleen", "Stefanie", "Annelies", "Goele",  "Machteld", "Roos",   "Floor",
    "Marieke",   "Lore",  "Zoë",    "Chloë",    "Renée",    "Fatima",   "Elif",   "Yasmina",  "Ingrid", "Caroline",
    "Daphné",    "Joke",  "Tinne",  "Mieke",    "Kaat",     "Helena",   "Amélie", "Merel",    "Jutta",  "Saïda"};

constexpr Name french_men[] = {
    "Jean",      "Nicolas", "Thomas",    "Olivier",  "Michel",     "Philippe",      "David",
    "Julien",    "Pierre",  "Maxime",    "Antoine",  "Alexandre",  "Benoît",        "François",
    "Frédéric",  "Vincent", "Sébastien", "Laurent",  "Christophe", "Luc",           "Xavier",
    "Quentin",   "Simon",   "Guillaume", "Arnaud",   "Jérôme",     "Grégory",       "Cédric",
    "Mohamed",   "Hugo",    "Lucas",     "Louis",    "Mathieu",    "Adrien",        "Romain",
    "Bruno",     "Didier",  "Thierry",   "Éric",     "Fabrice",    "Geoffrey",      "Loïc",
    "Gaëtan",    "Rémi",    "Théo",      "Noé",      "Raphaël",    "Bastien",       "Corentin",
    "Damien",    "Étienne", "Gilles",    "Yves",     "Mehdi",      "Karim",         "Giuseppe",
    "Salvatore", "Tanguy",  "Valentin",  "Aurélien", "Jean-Marc",  "Jean-François", "Emmanuel",
    "Dimitri",   "Florian", "Hassan",    "Joël",     "Kévin",      "Marcel",        "Ugo"};

constexpr Name french_women[] = {
    "Marie",    "Julie",     "Sophie",    "Isabelle",    "Nathalie",     "Laura",     "Camille",  "Céline",
    "Sarah",    "Aurélie",   "Caroline",  "Émilie",      "Catherine",    "Anne",      "Valérie",  "Stéphanie",
    "Virginie", "Charlotte", "Pauline",   "Amélie",      "Laurence",     "Véronique", "Delphine", "Élise",
    "Manon",    "Léa",       "Chloé",     "Fanny",       "Justine",      "Mélanie",   "Audrey",   "Marine",
    "Florence", "Christine", "Françoise", "Brigitte",    "Martine",      "Dominique", "Hélène",   "Mathilde",
    "Alice",    "Clara",     "Lucie",     "Noémie",      "Océane",       "Anaïs",     "Maëlle",   "Éloïse",
    "Inès",     "Fatima",    "Khadija",   "Yasmine",     "Giulia",       "Maria",     "Ludivine", "Gaëlle",
    "Morgane",  "Solène",    "Zoé",       "Anne-Sophie", "Marie-Claire", "Axelle",    "Coralie",  "Béatrice",
    "Myriam",   "Nadia",     "Ophélie",   "Rachel",      "Salomé",       "Victoria"};

constexpr Name german_men[] = {"Michael",    "Thomas", "Stefan", "Andreas", "Christian", "Markus",
                               "Jürgen",     "Björn",  "Günter", "Patrick", "Daniel",    "Rainer",
                               "Jörg",       "Dieter", "Heinz",  "Lukas",   "Felix",     "Jonas",
                               "Maximilian", "Tobias", "Ralf",   "Guido",   "Erwin",     "Yannick"};

constexpr Name german_women[] = {"Sandra",  "Anna",    "Monika", "Sabine", "Claudia", "Nadine", "Lena",     "Katharina",
                                 "Jessica", "Melanie", "Ursula", "Bärbel", "Karin",   "Jana",   "Brigitte", "Leonie",
                                 "Sophie",  "Christa", "Heike",  "Gisela", "Käthe",   "Svenja", "Hannah",   "Lara"};

constexpr Name dutch_families[] = {"Peeters",      "Janssens",
                                   "Maes",         "Jacobs",
                                   "Willems",      "Mertens",
                                   "Claes",        "Goossens",
                                   "Wouters",      "De Smet",
                                   "Vermeulen",    "Pauwels",
                                   "Hermans",      "Aerts",
                                   "Michiels",     "Martens",
                                   "Van Damme",    "De Clercq",
                                   "Janssen",      "Van den Broeck",
                                   "Smets",        "Hendrickx",
                                   "Van de Velde", "Claeys",
                                   "De Backer",    "Stevens",
                                   "Coppens",      "Lemmens",
                                   "Desmet",       "Vandenberghe",
                                   "De Vos",       "Verhoeven",
                                   "Segers",       "Van den Bossche",
                                   "Bogaert",      "Declercq",
                                   "Smet",         "Cools",
                                   "De Cock",      "De Meyer",
                                   "Verstraete",   "Christiaens",
                                   "Verlinden",    "Baert",
                                   "Geerts",       "De Wilde",
                                   "Lenaerts",     "Wuyts",
                                   "Vandamme",     "Van Hove",
                                   "De Pauw",      "Dierckx",
                                   "Moens",        "Thys",
                                   "Bosmans",      "Van Acker",
                                   "Verbeke",      "Declerck",
                                   "Vermeersch",   "D'hondt",
                                   "Van Dyck",     "Bauwens",
                                   "Engelen",      "Vercammen",
                                   "Ceulemans",    "Nys",
                                   "Timmermans",   "Callens",
                                   "Vervoort",     "De Bruyn",
                                   "Baeten",       "Van Looy",
                                   "Beckers",      "Cornelis",
                                   "Carlier",      "Verhaegen",
                                   "Heylen",       "Somers",
                                   "Van Hecke",    "Roels",
                                   "Devos",        "Buyse",
                                   "Lauwers",      "Adriaensen",
                                   "Symons",       "Eeckhout",
                                   "Blommaert",    "Nijs",
                                   "Tack",         "Vranckx",
                                   "Daems",        "Van Gestel",
                                   "Verheyen",     "Celik",
                                   "Yılmaz",       "El Amrani",
                                   "Benali",       "Kaya",
                                   "Vandewalle",   "Poelmans",
                                   "Huysmans",     "Raeymaekers",
                                   "Spaepen",      "Opdebeeck",
                                   "Quintelier",   "'t Jolle",
                                   "Vander Elst",  "Van Nieuwenhuyse",
                                   "Schoonjans",   "Kerckhofs",
                                   "Ooms",         "Rombouts"};

constexpr Name french_families[] = {
    "Dubois",         "Lambert",   "Dupont",   "Martin",     "Simon",     "Laurent",   "Leroy",
    "Denis",          "Lejeune",   "Gérard",   "Renard",     "François",  "Lefebvre",  "Leclercq",
    "Thomas",         "Petit",     "Mathieu",  "Charlier",   "Bertrand",  "Noël",      "Collard",
    "Pirard",         "Fontaine",  "Delvaux",  "Évrard",     "Henry",     "Michel",    "Marchal",
    "Dumont",         "Lemaire",   "Adam",     "Legrand",    "Rousseau",  "Gilles",    "Grégoire",
    "Carlier",        "Dupuis",    "Léonard",  "Massart",    "Jacquemin", "Wauters",   "Lambrecht",
    "Piette",         "Toussaint", "Gillet",   "Delhaye",    "Deprez",    "Collignon", "Poncelet",
    "Bodart",         "Maréchal",  "Servais",  "Urbain",     "Docquier",  "Guillaume", "Hubert",
    "Magnée",         "Nicolas",   "Willame",  "Libert",     "Paquet",    "Baudouin",  "Detournay",
    "Delcourt",       "Russo",     "Rossi",    "Esposito",   "Ferrari",   "Benmoussa", "El Idrissi",
    "Bouzid",         "Nguyễn",    "Kowalski", "Da Silva",   "García",    "Fernández", "Mukendi",
    "Kabongo",        "Ilunga",    "Diallo",   "de Brouwer", "d'Ursel",   "de Mérode", "Cornet d'Elzius",
    "Van der Linden", "Hoyoux",    "Remacle",  "Schmitz",    "Thiry",     "Jadot",     "Lhoest",
    "Quoilin",        "Baijot",    "Closset",  "Hallet",     "Gosselin"};

constexpr Name german_families[] = {"Müller",  "Schmitz", "Schröder", "Heinen",  "Theissen", "Keutgen", "Pauels",
                                    "Jousten", "Miesen",  "Kessler",  "Weiß",    "Lenz",     "Hilgers", "Radermacher",
                                    "Cremer",  "Brüls",   "Palm",     "Thönnes", "Veithen",  "Köttgen", "Kirch",
                                    "Hermann", "Schyns",  "Niessen",  "Krämer",  "Girretz",  "Backes",  "Dürnholz"};

}  // namespace

std::span<const std::string_view> first_names(Language language, Sex sex) {
  switch (language) {
    case Language::dutch:
      return sex == Sex::man ? std::span<const Name>(dutch_men) : std::span<const Name>(dutch_women);
    case Language::french:
      return sex == Sex::man ? std::span<const Name>(french_men) : std::span<const Name>(french_women);
    case Language::german:
      break;
  }
  return sex == Sex::man ? std::span<const Name>(german_men) : std::span<const Name>(german_women);
}

std::span<const std::string_view> family_names(Language language) {
  switch (language) {
    case Language::dutch:
      return dutch_families;
    case Language::french:
      return french_families;
    case Language::german:
      break;
  }
  return german_families;
}

}  // namespace sluis::registry
