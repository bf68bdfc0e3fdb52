import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
import{a,b,c}from"./chunk-RV4CSUZO.js";import"./chunk-3O6DF5BG.js";import"./chunk-SLSZE2MI.js";import"./chunk-VAVSB36I.js";import"./chunk-AXHS73NG.js";import"./chunk-CJQNUHTM.js";export{a as imagesPath,b as readImagesFile,c as withImages};
