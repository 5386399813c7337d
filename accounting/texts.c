/* texts.c - the words of a report, in each language that reports are made in */

#include "accounting/texts.h"

const struct texts texts_english = {
    .language = "en",
    .title = "Usage report",
    .provisional = "Provisional: the month has not ended.",
    .network = "Network",
    .granted = "Granted for this month, SU",
    .ever = "Billed since the beginning, SU",
    .whole = "The month as a whole",
    .jobs = "Attempts ended",
    .jobs_ok = "Completed",
    .jobs_fault = "Ended by a fault, waived",
    .core_hours = "Core-hours",
    .billed = "Billed, SU",
    .waived = "Waived, SU",
    .efficiency = "CPU used",
    .by_project = "By project",
    .by_person = "By person",
    .by_cluster = "By cluster",
    .cluster = "Cluster",
    .waits = "Waiting time, minutes",
    .mean = "Mean",
    .half = "Half of them at most",
    .most = "95 % of them at most",
    .longest = "Longest",
    .failed = "Billed for what did not complete, SU",
    .project = "Project",
    .person = "Person",
    .others = "others",
    .chart = "Service units billed",
    .none = "Nothing was used.",
    .how = "One service unit (SU) is an hour of one core of the reference node. This page is part "
           "of a "
           "signed report: tequio verify checks it against each single item.",
    .months = {"January", "February", "March", "April", "May", "June", "July", "August",
               "September", "October", "November", "December"},
    .of = " ",
    .dates = "From and to (UTC)",
    .continued = " (continued)",
    .page = "Page",
    .corrections = "Corrections",
    .entry = "Entry",
    .kind = "Kind",
    .account = "Account",
    .amount = "Amount, SU",
    .check = "How to check this report",
    .entries = "Entries of the ledger",
    .head = "End of the institution's chain",
    .log = "The network's log, entries",
    .root = "Its root",
    .steps =
        {"This statement is one file of a signed folder. Its manifest.json names each file with "
         "its SHA-256, and manifest.sig is the network's Ed25519 signature over that list. The "
         "end of the chain is the digest of all entries up to the last one of this report: it "
         "stands here and in the manifest.",   "Get the network's public key from its operator, once, by another way than this "
         "folder. Then, without any network: tequio verify --key network.pub FOLDER. It checks "
         "the signature, every file, the sums, each price, the chain and the log, and names "
         "what fails.",       "Without that program: openssl pkeyutl -verify -pubin -inkey network.pem -rawin -in "
         "manifest.json -sigfile manifest.sig, and sha256sum of each file against the list.",      "Keep the folder: next month's report must continue it (tequio verify --previous)."                            },
};

const struct texts texts_spanish = {
    .language = "es",
    .title = "Informe de uso",
    .provisional = "Provisional: el mes no ha terminado.",
    .network = "Red",
    .granted = "Concedido para este mes, SU",
    .ever = "Cobrado desde el principio, SU",
    .whole = "El mes entero",
    .jobs = "Intentos terminados",
    .jobs_ok = "Completados",
    .jobs_fault = "Terminados por una falla, condonados",
    .core_hours = "Horas de núcleo",
    .billed = "Cobrado, SU",
    .waived = "Condonado, SU",
    .efficiency = "CPU usada",
    .by_project = "Por proyecto",
    .by_person = "Por persona",
    .by_cluster = "Por clúster",
    .cluster = "Clúster",
    .waits = "Tiempo de espera, minutos",
    .mean = "Media",
    .half = "La mitad, a lo más",
    .most = "El 95 %, a lo más",
    .longest = "El más largo",
    .failed = "Cobrado por lo que no se completó, SU",
    .project = "Proyecto",
    .person = "Persona",
    .others = "otros",
    .chart = "Unidades de servicio cobradas",
    .none = "No se usó nada.",
    .how = "Una unidad de servicio (SU) es una hora de un núcleo del nodo de referencia. Esta "
           "página es "
           "parte de un informe firmado: tequio verify la comprueba contra cada partida.",
    .months = {"enero",  "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
               "septiembre", "octubre", "noviembre", "diciembre"},
    .of = " de ",
    .dates = "Desde y hasta (UTC)",
    .continued = " (continúa)",
    .page = "Página",
    .corrections = "Correcciones",
    .entry = "Asiento",
    .kind = "Clase",
    .account = "Cuenta",
    .amount = "Importe, SU",
    .check = "Cómo comprobar este informe",
    .entries = "Asientos del libro",
    .head = "Fin de la cadena de la institución",
    .log = "El registro de la red, asientos",
    .root = "Su raíz",
    .steps =
        {"Este estado es un archivo de una carpeta firmada. Su manifest.json nombra cada archivo "
         "con su SHA-256, y manifest.sig es la firma Ed25519 de la red sobre esa lista. El fin "
         "de la cadena es el resumen de todos los asientos hasta el último de este informe: "
         "está aquí y en el manifiesto.", "Pida la clave pública de la red a quien la opera, una vez, por otra vía que esta "
         "carpeta. Después, sin red alguna: tequio verify --key network.pub CARPETA. Comprueba "
         "la firma, cada archivo, las sumas, cada precio, la cadena y el registro, y nombra lo "
         "que falla.",   "Sin ese programa: openssl pkeyutl -verify -pubin -inkey network.pem -rawin -in "
         "manifest.json -sigfile manifest.sig, y sha256sum de cada archivo contra la lista.",  "Conserve la carpeta: el informe del mes siguiente debe continuarla (tequio verify "
         "--previous)."                         },
};
