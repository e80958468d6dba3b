// Puts the code of a slip's address (/s/…/…#CODE) into its field. A fragment never reaches a server or its log.
"use strict";
(() => {
  const field = document.getElementById("code");
  const code = decodeURIComponent(location.hash.slice(1)).split(".")[0];
  if (field && !field.value && /^[0-9A-Za-z-]{13,19}$/.test(code)) {
    field.value = code;
    history.replaceState(null, "", location.pathname + location.search);
  }
})();
