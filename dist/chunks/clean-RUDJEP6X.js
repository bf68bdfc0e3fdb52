import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b}from"./chunk-WVUNYRZD.js";import"./chunk-DO2XK2IM.js";import"./chunk-JYXPWPMK.js";import"./chunk-VAVSB36I.js";import"./chunk-BBIZGGQM.js";import"./chunk-AXHS73NG.js";import"./chunk-CJQNUHTM.js";export{a as clean,b as upkeepOf};
